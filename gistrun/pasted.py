"""Finds the gist in what people paste: its address, with whatever was copied along with it or stands around it.

What is one address or one command is read as such. In any other text every word is tried, and the text means a gist if
all of its words together mean that one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from gistrun import address
from gistrun.address import Address
from gistrun.errors import BadInput

#: The most characters that are looked at. This bounds the cost of the patterns.
_LONGEST = 4096
#: Characters that people copy along with an address.
_AROUND = "`'\"‘’“”«»‹›<>()[]{}*_~$.,;:!?…|（）【】「」。，、 \t\r\n\\"
#: Text that holds an address: the script that embeds a gist, a Markdown link.
_INSIDE = [
    re.compile(r"""<script\b[^>]*\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE),
    re.compile(r"\]\(\s*<?([^\s>)]+)"),
]
_COMMAND = re.compile(r"(gh gist|git clone)\s")
_FILE_OPTION = re.compile(r"""\s(?:-r?f|--filename\b)[\s=]*("[^"]*"?|'[^']*'?|\S+)""")
#: Characters of HTML that are written as names.
_ENTITIES = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&", "#34": '"', "#39": "'", "#x27": "'"}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)});")
#: What stands between the words of a text.
_BETWEEN = re.compile(r"[\s\"'`<>()\[\]{}|\\“”‘’«»‹›（）【】「」。，、*]+")
_SCHEME = re.compile(r"(?=https?:/)", re.IGNORECASE)
#: How often an address may be encoded in another one.
_MOST_ENCODINGS = 3
#: An id in a text: as GitHub has made them since 2012, or before. A longer one may be a commit's.
_ID = re.compile(r"(?<![0-9a-z_%-])([0-9a-f]{32}|[0-9a-f]{20})(?![0-9a-z_-])", re.IGNORECASE)


def parse(text: str) -> Address:
    """The gist that is meant.

    Understood are addresses (`address.read`), also in another address or percent-encoded; the `<script>` that embeds a
    gist; Markdown links, and images with our own badge; the commands `gh gist …` and `git clone …`; and any of these in
    quotes, brackets, a sentence or its punctuation, behind a prompt, and with characters that cannot be seen.

    Raises:
        BadInput: no gist can be made out, or several.
    """
    shown = _visible(text) if len(text) <= _LONGEST else ""
    meant = _exact(shown) or _only(shown)
    if meant is None:
        raise _unknown(text.strip())
    return meant


def _visible(text: str) -> str:
    """The text without characters that cannot be seen, and with those that HTML and JSON write in another way."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    seen = re.sub(r"\s", " ", seen).replace("\\/", "/")
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1]], seen).strip()


def _exact(text: str) -> Address | None:
    """The gist of a text that is one address or one command, and little else."""
    inside = text
    for pattern in _INSIDE:
        inside = (pattern.findall(inside) or [inside])[-1]  # a badge in a link: the link
    inside = inside.strip(_AROUND)
    if _COMMAND.match(inside):
        return _of_command(inside)
    # An address that holds another one, such as a translator's, means that one. A sentence is no address.
    return None if len(_SCHEME.findall(unquote(inside))) > 1 or " " in inside else address.read(inside)


def _of_command(command: str) -> Address | None:
    option = _FILE_OPTION.search(command)
    words = _FILE_OPTION.sub("", command).split()
    meant = [found for word in words if (found := address.read(word.strip(_AROUND)))]
    if not meant:
        return None
    longest = max(meant, key=lambda found: len(found.gist))  # a number may be the value of an option
    return replace(longest, file=option[1].strip("\"'")) if option else longest


def _only(text: str) -> Address | None:
    """The only gist that the words of a text mean, as the one says that says most."""
    found = [meant for word in _words(text) for meant in _of_word(word)]
    if len({meant.gist for meant in found}) > 1:
        raise BadInput("This holds the addresses of several gists. Paste one of them.")
    return max(found, key=lambda meant: (meant.revision or "", meant.file or "", meant.fragment), default=None)


def _words(text: str) -> Iterator[str]:
    for _ in range(_MOST_ENCODINGS):
        if (decoded := unquote(text)) == text:
            break
        text = decoded
    for word in _BETWEEN.split(text):
        for part in _SCHEME.split(word):
            if part := part.strip(_AROUND):
                yield part


def _of_word(word: str) -> list[Address]:
    """What one word of a text means. A number is a gist only in an address that says so: 3/4 is none."""
    says_so = "gist" in word.lower()
    meant = address.read(word) or address.read(word.partition("&")[0])
    if meant and ((says_so and "//" in word) or _ID.fullmatch(meant.gist)):
        return [meant]
    if "/" in word and not says_so:
        return []
    return [Address(gist.lower()) for gist in _ID.findall(word)]


def _unknown(text: str) -> BadInput:
    if not text:
        return BadInput("Paste the address of a gist, such as https://gist.github.com/octocat/9257657, or its id.")
    shown = text if len(text) <= 80 else text[:79] + "…"
    return BadInput(
        f"“{shown}” is not the address of a gist. Paste one such as https://gist.github.com/octocat/9257657, or its id:"
        " digits and the letters a to f."
    )
