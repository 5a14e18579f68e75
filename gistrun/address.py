"""Reads the address of a gist: an id, or an address of GitHub's, GitHub Enterprise's or our own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from gistrun.errors import BadInput

#: A number for a gist of before 2012, else hexadecimal. GitHub writes it in lower case. 64 digits are code pasted here.
GIST_ID = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{20,40}|[0-9a-fA-F]{64}")
REVISION = re.compile(r"[0-9a-f]{40}")

#: What GitHub adds to the id for git, for other sites and for programs.
_FORM = r"\.(git|js|json|pibb)"
_ADDRESS = re.compile(
    rf"""
    ( ([a-z][a-z0-9+.-]*:)?//[^/?\#]*                                           # https://host
    | git@[^/:?\#]*:
    | (?!({GIST_ID.pattern}){_FORM}/) [^/?\#.:]*[.:][^/?\#]*(?=/)            # a host without https://
    )?
    (?P<path>[^?\#]*) (\?(?P<query>[^\#]*))? (\#(?P<fragment>.*))?
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
#: Enterprise and our own addresses begin with `gist`, those of the API with `gists`, those of Binder with `v2/gist`.
_START = r"((api|v1|v2|v3|gist|gists|starred)/)*"
_ID = rf"(?P<gist>{GIST_ID.pattern})({_FORM})?"
_SHA = REVISION.pattern
#: raw/FILE or raw/SHA/FILE, whose SHA names the content of the file and not a revision.
_REST = rf"([/@](?P<revision>{_SHA})(/.*)?|/raw(/{_SHA})?(/(?P<file>[^/]+))?|/.*)?"
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


def read(text: str) -> Address | None:
    """The gist that an address means; None where it means none.

    Understood are `ID`, `OWNER/ID`, `ID/SHA` and `OWNER/ID/SHA`, with `.git`, `.js`, `.json` or `.pibb`; an address of
    any host that ends so, with a path that may begin with `gist/` (Enterprise, our own), `gists/` (the API) or
    `v2/gist/` (Binder), and with `?file=`; raw files.
    """
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
