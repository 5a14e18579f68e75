"""Finds the gist in what people paste: its address, with whatever was copied along with it or stands around it.

What is one address is read as such. In any other text every command and every word is tried, and the text means a gist
if all of them together mean that one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import fields, replace
from urllib.parse import unquote

from gistrun import address
from gistrun.address import USUAL_ID, Address
from gistrun.errors import BadInput

#: The most characters that are looked at, about as many as the server takes in an address.
_LONGEST = 2**16
#: Characters that people copy along with an address.
_AROUND = "`'\"‘’“”«»‹›<>()[]{}*_~$.,;:!?…|（）【】「」。，、 \t\r\n\\"
#: Those of them that end a sentence or a bracket behind the name of a file.
_BEHIND = "`'\"’”»›>)]}*,;:!?.…）】」。，、"
#: A command that takes a gist, up to where a shell ends it. The bound keeps a quotation mark without end cheap.
_COMMAND = re.compile(
    r"""\bgh\s+gist\s+(?:view|clone|edit|delete|rename)\b((?:"[^"\n]{0,300}"|'[^'\n]{0,300}'|[^\n;|&`"'])*)"""
)
_FILE_OPTION = re.compile(r"""\s(?:-[rw]*f|--filename\b)[\s=]*("[^"]*"?|'[^']*'?|\S+)""")
#: `gh gist clone` takes a folder behind the gist.
_CLONE = re.compile(r"\bclone\b")
#: An element, a shortcode or a tag with which other programs embed a gist.
_TAG = re.compile(
    r"<([a-z][^<>]{0,1000}?\bdata-gist-id\b[^<>]{0,1000})>|\[gist\b([^\[\]]{1,500})\](?![(:\[])"
    r"|\{%-?\s{0,9}gist\b([^{}]{1,500})%\}|\{\{[<%]\s{0,9}gist\b([^{}]{1,500})[>%]\}\}",
    re.IGNORECASE,
)
#: What stands in one: values, some with a name.
_VALUE = re.compile(r"""(?:([\w-]{1,40})\s{0,9}=\s{0,9})?("[^"]*"|'[^']*'|[^\s"'<>=%/][^\s"'<>=]*)""")
#: A name of a file that has spaces: before the end of the text or of a quotation.
_SPACED = re.compile(
    r"""([?&]file=|/raw/(?:[0-9a-f]{40}/)?)([^\s"'<>/&#.?]{1,100}(?: [^\s"'<>/&#.?]{1,100}){1,5}\.\w{1,10})"""
    r"""(?=["']|[)\]>.,;\s]*\Z)""",
    re.IGNORECASE,
)
#: The address of a run.
_RUN = re.compile(r"/(?:api/v1/)?runs/([0-9a-f]{20})(?:/events|/stop|/)?(?![\w/-])")
_HOST = re.compile(r"(?:https?://)?([^\s/\"'<>()\[\]=,]*|\[[0-9a-f:]+\](?::[0-9]+)?)\Z", re.IGNORECASE)
_LONGEST_HOST = 300
#: Characters of HTML and JSON that are written in another way.
_ENTITIES = {"lt": "<", "gt": ">", "quot": '"', "apos": "'", "amp": "&", "#34": '"', "#39": "'", "#x27": "'"}
_ENTITIES |= {"#47": "/", "#x2f": "/", "#58": ":", "#x3a": ":"}
_ENTITY = re.compile(f"&({'|'.join(_ENTITIES)});", re.IGNORECASE)
_ESCAPED_SLASH = re.compile(r"\\(?:/|u002f)", re.IGNORECASE)
#: What stands between the words of a text, and what is in none that is an address alone.
_BETWEEN = re.compile(r"[\s\"'`<>()\[\]{}|\\“”‘’«»‹›（）【】「」。，、*]+")
_NO_ADDRESS = re.compile(r"[\s\"<>`]|\]\(")
#: Where another address begins within a word.
_SCHEME = re.compile(r"(?=https?:/)|(?<=[=,(])(?=//)", re.IGNORECASE)
_ENCODED_SCHEME = re.compile(r"https?%(25)*3a", re.IGNORECASE)
#: What ends an address in a word: all but what an address is written with.
_BEYOND = re.compile(r"[^\w/:.@?#=&%+~-]|[^\x21-\x7e]")
#: What is in every address that is one beyond doubt. Most words of a long text have none of it.
_HINT = re.compile(r"gist|bl\.ocks\.org|blockbuilder\.org|[0-9a-f]{20}", re.IGNORECASE)
#: How often an address may be encoded in another one.
_MOST_ENCODINGS = 3
_ID = re.compile(
    rf"(?:(?<=gist-)|(?<![0-9a-z_%-]))(?:{USUAL_ID.pattern})(?![0-9a-z_-])"
    rf"|(?<=gist/)(?:{USUAL_ID.pattern})(?=-[0-9]{{1,3}}(?![0-9a-z_-]))",  # with the number of a file behind it
    re.IGNORECASE,
)


def parse(text: str, here: str = "") -> Address:
    """The gist that is meant.

    Understood are addresses (`address.read`), also in another address or percent-encoded; the `<script>` that embeds a
    gist; Markdown links, and images with our own badge; the commands `gh gist …` and `git clone …`; and any of these in
    quotes, brackets, a sentence or its punctuation, behind a prompt, and with characters that cannot be seen. The same
    gist may be named several times: what is named along with it counts where nothing contradicts it.

    Args:
        here: the host of this service. An address of it is that of a gist, also with a number for an id.

    Raises:
        BadInput: no gist can be made out, or several.
    """
    shown = _visible(text) if len(text) <= _LONGEST else ""
    shown = _SPACED.sub(lambda name: name[1] + name[2].replace(" ", "%20"), shown)
    shown = _without_runs(shown, here)
    alone = shown.strip(_AROUND)
    one = len(_SCHEME.findall(alone)) <= 1 and not _NO_ADDRESS.search(alone) and not _ENCODED_SCHEME.search(alone)
    meant = address.certain(alone, here, alone=True) if one else None
    found = [meant] if meant else list(_found(shown, here))
    if any(each.sure for each in found):  # what only looks like an id beside an address may be a checksum or a folder
        found = [each for each in found if each.sure]
    if not found:
        raise _unknown(text.strip())
    if len({each.gist for each in found}) > 1:
        raise BadInput("This holds the addresses of several gists. Paste one of them.")
    return _united(found)


def run(text: str, here: str) -> str | None:
    """The id of the run of this service whose address the text holds; None for none, or for several.

    Args:
        here: the host of this service.
    """
    shown = _visible(text) if len(text) <= _LONGEST else ""
    runs = {found[1] for found in _RUN.finditer(shown) if _host_before(shown, found.start()) in ("", here.lower())}
    return runs.pop() if len(runs) == 1 else None


def _without_runs(text: str, here: str) -> str:
    """The text without addresses of runs. At GitHub such an address is that of a gist whose owner is called `runs`."""

    def kept(found: re.Match[str]) -> str:
        host = _host_before(text, found.start())
        return found[0] if "gist." in host and host != here.lower() else " "

    return _RUN.sub(kept, text)


def _host_before(text: str, place: int) -> str:
    before = _HOST.search(text[max(0, place - _LONGEST_HOST) : place])
    return before[1].lower() if before else ""


def _visible(text: str) -> str:
    """The text without characters that cannot be seen, and with those that HTML and JSON write in another way."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    seen = _ESCAPED_SLASH.sub("/", re.sub(r"[^\S\n]", " ", seen))
    return _ENTITY.sub(lambda entity: _ENTITIES[entity[1].lower()], seen).strip()


def _united(found: list[Address]) -> Address:
    """What is named along with the gist, each part of it as all have it who name it."""
    named = {field.name: {part for each in found if (part := getattr(each, field.name))} for field in fields(Address)}
    return replace(Address(found[0].gist), **{name: parts.pop() for name, parts in named.items() if len(parts) == 1})


def _found(text: str, here: str) -> Iterator[Address]:
    for tag in _TAG.finditer(text):
        yield from _of_tag(next(filter(None, tag.groups())), here)
    text = _TAG.sub(lambda tag: " " if any(_of_tag(next(filter(None, tag.groups())), here)) else tag[0], text)
    for command in _COMMAND.finditer(text):
        yield from _of_command(command[1], here, clones=bool(_CLONE.search(text, command.start(), command.start(1))))
    for word in _BETWEEN.split(_COMMAND.sub(" ", text)):
        yield from _of_word(word, here)


def _of_tag(inside: str, here: str) -> Iterator[Address]:
    """What a tag means: its gist may be a number, and the file stands behind it or has a name."""
    values = [(name.lower(), value.strip("\"'")) for name, value in _VALUE.findall(inside)]
    named = dict(values)
    names = ("data-gist-id",) if "data-gist-id" in named else ("", "id", "url")
    places = [place for place, (name, _) in enumerate(values) if name in names]
    for place in places:
        if meant := address.certain(values[place][1], here, alone=True):
            behind = [value for name, value in values[place + 1 : place + 2] if not name]
            file = named.get("data-gist-file") or named.get("file") or next(iter(behind), None)
            yield replace(meant, file=file or meant.file, sure=True)
            return


def _of_command(arguments: str, here: str, *, clones: bool) -> Iterator[Address]:
    option = _FILE_OPTION.search(arguments)
    words = _FILE_OPTION.sub(" ", arguments).split()
    if clones:
        words = next(([word] for word in words if not word.startswith("-")), [])
    found = [each for word in words for part in _BETWEEN.split(word) for each in _of_word(part, here)]
    if not found:  # a number is the gist where it comes first; later ones belong to an option
        first = next((word.strip(_AROUND) for word in words if not word.startswith("-")), "")
        found = [each for each in [address.certain(first, here, alone=True)] if each]
    for each in found:
        yield replace(each, file=_name(option[1])) if option else each


def _name(value: str) -> str:
    return value.strip(value[0]) if value[0] in "\"'" else value.rstrip(_BEHIND) or value


def _of_word(word: str, here: str, encodings: int = _MOST_ENCODINGS) -> Iterator[Address]:
    """What a word means, and the addresses in it."""
    before = ""
    for part in _SCHEME.split(word):
        if before.endswith("=") and "?" not in part.partition("&")[0]:
            part = part.partition("&")[0]  # the value in another address ends there
        before, part = part, part.strip(_AROUND)
        meant = list(_of_part(part, here))
        yield from meant
        encoded = encodings and "%" in part and (not meant or _ENCODED_SCHEME.search(part))
        if encoded and (decoded := unquote(part)) != part:
            for within in _BETWEEN.split(decoded):
                yield from _of_word(within, here, encodings - 1)
        elif not meant and ("/" not in part or "gist" in part.lower()):
            # 3/4 is none, and neither is what another site calls by such a name.
            yield from (Address(gist.lower()) for gist in _ID.findall(part))


def _of_part(part: str, here: str) -> Iterator[Address]:
    """What an address means, also with text directly behind it."""
    if not (_HINT.search(part) or (here and here.lower() in part.lower())):
        return
    whole = address.certain(part, here)
    pieces = [piece.strip(_AROUND) for piece in _BEYOND.split(part)]
    if whole and (len(pieces) == 1 or whole != Address(whole.gist)):
        yield whole
        return
    found = [address.certain(piece, here) or address.certain(piece.partition("&")[0], here) for piece in pieces]
    yield from filter(None, found if any(found) else [whole])


def _unknown(text: str) -> BadInput:
    if not text:
        return BadInput("Paste the address of a gist, such as https://gist.github.com/octocat/9257657, or its id.")
    shown = text if len(text) <= 80 else text[:79] + "…"
    return BadInput(
        f"“{shown}” is not the address of a gist. Paste one such as https://gist.github.com/octocat/9257657, or its id:"
        " digits and the letters a to f."
    )
