"""Finds the gist in what people paste: an id, or an address of GitHub's, GitHub Enterprise's or our own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, unquote

from gistrun.errors import BadInput

#: A number for a gist of before 2012, else hexadecimal. GitHub writes it in lower case.
GIST_ID = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{20,40}")
REVISION = re.compile(r"[0-9a-f]{40}")

#: The most characters that are parsed. This bounds the cost of the patterns.
_LONGEST = 4096
#: Characters that people copy along with an address.
_AROUND = "`'\"‘’“”<>()[]{}*$.,;:!? \t\r\n"
#: Text that holds an address: the script that embeds a gist, a Markdown link.
_INSIDE = [
    re.compile(r"""<script\b[^>]*\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE),
    re.compile(r"\]\(\s*<?([^\s>)]+)"),
]
_COMMAND = re.compile(r"(gh gist|git clone)\s")
_FILE_OPTION = re.compile(r"""\s(?:-r?f|--filename\b)[\s=]*("[^"]*"?|'[^']*'?|\S+)""")
_ADDRESS = re.compile(
    rf"""
    ( ([a-z][a-z0-9+.-]*:)?//[^/?\#]*                                           # https://host
    | git@[^/:?\#]*:
    | (?!({GIST_ID.pattern})\.(git|js)/) [^/?\#.:]*[.:][^/?\#]*(?=/)            # a host without https://
    )?
    (?P<path>[^?\#]*) (\?(?P<query>[^\#]*))? (\#(?P<fragment>.*))?
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
#: Enterprise and our own addresses begin with `gist`, those of the API with `gists`.
_START = r"((api|v1|v3|gist|gists)/)*"
_ID = rf"(?P<gist>{GIST_ID.pattern})(\.git|\.js)?"
_SHA = REVISION.pattern
#: raw/FILE or raw/SHA/FILE, whose SHA names the content of the file and not a revision.
_REST = rf"(/(?P<revision>{_SHA})(/.*)?|/raw(/{_SHA})?(/(?P<file>[^/]+))?|/.*)?"
#: The first that fits is taken: the name of an owner may look like an id, but no id of a gist like a revision.
_PATHS = [
    re.compile(_START + path, re.IGNORECASE | re.DOTALL)
    for path in (rf"{_ID}/(?P<revision>{_SHA})(/.*)?", rf"[^/]+/{_ID}{_REST}", rf"{_ID}{_REST}")
]


@dataclass(frozen=True, slots=True)
class Address:
    """A gist, with the revision and the file named along with it, and the fragment."""

    gist: str
    revision: str | None = None
    file: str | None = None
    fragment: str = ""


def parse(text: str) -> Address:
    """The gist that is meant.

    Understood are `ID`, `OWNER/ID`, `ID/SHA` and `OWNER/ID/SHA`, with `.git` or `.js`; an address of any host that ends
    so, with a path that may begin with `gist/` (Enterprise, our own) or `gists/` (the API), and with `?file=`; raw
    files; the `<script>` that embeds a gist; Markdown links; the commands `gh gist …` and `git clone …`; and any of
    these in quotes, brackets or a sentence's punctuation, or behind a prompt.

    Raises:
        BadInput: no gist can be made out.
    """
    inside = text if len(text) <= _LONGEST else ""
    for pattern in _INSIDE:
        inside = (pattern.findall(inside) or [inside])[-1]  # a badge in a link: the link
    inside = inside.strip(_AROUND)
    meant = _of_command(inside) if _COMMAND.match(inside) else _of_address(inside)
    if meant is None:
        raise _unknown(text.strip())
    return meant


def _of_command(command: str) -> Address | None:
    option = _FILE_OPTION.search(command)
    words = _FILE_OPTION.sub("", command).split()
    meant = [address for word in words if (address := _of_address(word.strip(_AROUND)))]
    if not meant:
        return None
    longest = max(meant, key=lambda address: len(address.gist))  # a number may be the value of an option
    return replace(longest, file=option[1].strip("\"'")) if option else longest


def _of_address(text: str) -> Address | None:
    parts = _ADDRESS.fullmatch(text)
    path = re.sub(r"/+", "/", unquote(parts["path"])).strip("/") if parts else ""
    found = next((match for pattern in _PATHS if (match := pattern.fullmatch(path))), None)
    if not parts or not found:
        return None
    named = found.groupdict()
    file = named.get("file") or parse_qs(parts["query"] or "").get("file", [None])[0]
    return Address(named["gist"].lower(), (named["revision"] or "").lower() or None, file, parts["fragment"] or "")


def file_anchors(names: Iterable[str]) -> list[str]:
    """GitHub's own anchor of each file of a gist, in order: `file-main-py` for `main.py`."""
    anchors: list[str] = []
    for name in names:
        anchor = "file-" + re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-")
        while anchor in anchors:
            anchor += "-2"
        anchors.append(anchor)
    return anchors


def file_at(fragment: str, names: Sequence[str]) -> str | None:
    """The file that a fragment points at, also with a line behind it (`file-main-py-L3`); None where it is none."""
    anchor = re.sub(r"-L\d+(-L?\d+)?$", "", fragment)
    files = dict(zip(file_anchors(names), names, strict=True))
    return files.get(fragment) or files.get(anchor)


def check_id(text: str) -> None:
    """Raises BadInput for text that is not the id of a gist."""
    if not GIST_ID.fullmatch(text):
        raise BadInput(
            f"{_escaped(text)} is not the id of a gist: that is a number, or 20 to 40 digits and letters from a to f."
        )


def check_revision(text: str) -> None:
    """Raises BadInput for text that is not a revision."""
    if not REVISION.fullmatch(text.lower()):
        raise BadInput(f"{_escaped(text)} is not a revision: that is 40 digits and letters from a to f.")


def _escaped(text: str) -> str:
    return ascii(text if len(text) <= 80 else f"{text[:80]}…")


def _unknown(text: str) -> BadInput:
    if not text:
        return BadInput("Paste the address of a gist, such as https://gist.github.com/octocat/9257657, or its id.")
    shown = text if len(text) <= 80 else text[:79] + "…"
    return BadInput(
        f"“{shown}” is not the address of a gist. Paste one such as https://gist.github.com/octocat/9257657, or its id:"
        " digits and the letters a to f."
    )
