"""Reads the address of a gist: an id, or an address of GitHub's, GitHub Enterprise's or our own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

from gistrun.errors import BadInput, Refused
from gistrun.model import Gist

#: A number for a gist of before 2012, else hexadecimal. GitHub writes it in lower case. 64 digits are code pasted here.
GIST_ID = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{20,40}|[0-9a-fA-F]{64}")
REVISION = re.compile(r"[0-9a-f]{40}")

#: What GitHub adds to the id for git, for other sites and for programs.
_FORM = r"\.(git|js|json|pibb)"
_ADDRESS = re.compile(
    rf"""
    (?P<host>
      ([a-z][a-z0-9+.-]*:)?//[^/?\#]*                                          # https://host
    | [^/:@?\#\s]*@[^/:?\#]*:                                                  # git@host:
    | gist:                                                                    # npm's
    | (?!({GIST_ID.pattern}){_FORM}/) [^/?\#.:]*[.:][^/?\#]*(?=/)            # a host without https://
    )?
    (?P<path>[^?\#]*) (\?(?P<query>[^\#]*))? (\#(?P<fragment>.*))?
    """,
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)
#: Enterprise and our own addresses begin with `gist`, those of the API with `gists`, those of Binder with `v2/gist`.
_START = r"(?P<start>((api|v1|v2|v3|gist|gists|starred)/)*)"
_ID = rf"(?P<gist>{GIST_ID.pattern})({_FORM})?"
_SHA = REVISION.pattern
#: What may stand behind an id: a revision, raw/FILE or raw/SHA/FILE, a revision as an archive, anything else.
_REST = rf"""(
      [/@](?P<revision>{_SHA})({_FORM})?(/.*)?
    | /raw(/(?P<content>{_SHA}))?(/(?P<file>[^/]+))?
    | /(archive|zip|tar\.gz)/(?P<archived>{_SHA})([./].*)?
    | /.*
)?"""
#: The first that fits is taken: the name of an owner may look like an id, but no id of a gist like a revision.
_PATHS = [
    re.compile(_START + path, re.IGNORECASE | re.DOTALL | re.VERBOSE)
    for path in (rf"{_ID}/(?P<revision>{_SHA})({_FORM})?(/.*)?", rf"(?P<owner>[^/]+)/{_ID}{_REST}", rf"{_ID}{_REST}")
]
#: A raw file as bl.ocks.org has it: without the file it is the whole gist.
_BLOCK = re.compile(rf"(?P<owner>[^/]+)/raw/{_ID}(/(?P<revision>{_SHA}))?(/.*)?", re.IGNORECASE | re.DOTALL)
#: An address in the fragment of an editor's address, as vega.github.io has it: the kind of the gist, then its address.
_ROUTE = re.compile(r"[^?#]*[^?#:]/?#/(?P<address>gist/.*?)(/view/?)?", re.IGNORECASE | re.DOTALL)
_KIND = re.compile(r"(?<=gist/)vega(-lite)?/(?=[^/]+/)", re.IGNORECASE)
#: Last steps of a path that are no file of the gist: ours, and parts of GitHub's addresses.
_NO_FILE = re.compile(
    rf"(badge\.(svg|json)|output\.(txt|cast|svg)|feed\.atom|card\.png|embed|{_SHA}.*|({GIST_ID.pattern}){_FORM})",
    re.IGNORECASE | re.DOTALL,
)
#: Hosts that serve gists and little else: `gist` is a part of the name; and two that show gists under the same ids.
_GIST_HOST = re.compile(r"(.*\.)?(gists?([.:-].*)?|bl\.ocks\.org|blockbuilder\.org)", re.IGNORECASE | re.DOTALL)
#: An id as GitHub has made them since 2012. A longer one may be a commit's name.
USUAL_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{20}", re.IGNORECASE)
#: A number, alone or behind an owner's name, which is no number: 3/4 and 12/2024 are something else.
_NUMBER = re.compile(
    rf"([0-9_-]*[a-z][a-z0-9_-]*/)?[0-9]{{1,19}}({_FORM})?(/{_SHA})?/?([?\#].*)?", re.IGNORECASE | re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Address:
    """A gist, with the revision and the file named along with it, and the fragment."""

    gist: str
    revision: str | None = None
    file: str | None = None
    fragment: str = ""
    #: The SHA in the address of a raw file. GitHub writes the name of the file's content there, and takes a revision.
    content: str | None = None
    #: The address itself says that it is one of a gist, by its host or its path.
    sure: bool = field(default=False, compare=False)


def read(text: str) -> Address | None:
    """The gist that an address means; None where it means none.

    Understood are `ID`, `OWNER/ID`, `ID/SHA` and `OWNER/ID/SHA`, with `.git`, `.js`, `.json` or `.pibb`; an address of
    any host that ends so, with a path that may begin with `gist/` (Enterprise, our own), `gists/` (the API) or
    `v2/gist/` (Binder), and with `?file=` and `?sha=`; raw files; archives; npm's `gist:ID#SHA`.
    """
    matched = _match(text)
    return matched and _meant(*matched, sure=False)


def certain(text: str, here: str = "", *, alone: bool = False) -> Address | None:
    """The same for text that may mean something else. None for what could be a date, a fraction or a commit.

    A number, or an id of an unusual length, is a gist where the host or the path says `gist`, or the host is `here`.

    Args:
        here: the host of this service, with its port where an address shows it.
        alone: nothing else was said, so a number or an id of any length is meant as one.
    """
    if route := _ROUTE.fullmatch(text):
        return certain(_KIND.sub("", route["address"], count=1), here)
    matched = _match(text)
    if matched is None:
        return None
    parts, found = matched
    host = (parts["host"] or "").rpartition("//")[2].rpartition("@")[2]  # without scheme and user
    owner = found.groupdict().get("owner") or ""
    said = (
        _GIST_HOST.fullmatch(host)
        or (here and host.lower() == here.lower())
        or owner.lower() in ("gist", "gists")
        or ("gist" in found["start"].lower() and not owner.isdigit())  # gist/2024/12 is a date
    )
    if said or USUAL_ID.fullmatch(found["gist"]):
        return _meant(*matched, sure=bool(said))
    is_number = len(found["gist"]) < 20
    fits = alone and not parts["host"] and (_NUMBER.fullmatch(text) if is_number else not owner)
    return _meant(*matched, sure=False) if fits else None


def _match(text: str) -> tuple[re.Match[str], re.Match[str]] | None:
    """The parts of the address, and those of its path."""
    parts = _ADDRESS.fullmatch(text)
    path = re.sub(r"/+", "/", unquote(parts["path"])).strip("/") if parts else ""
    patterns = [*_PATHS, _BLOCK] if parts and "bl.ocks.org" in (parts["host"] or "").lower() else _PATHS
    found = next((match for pattern in patterns if (match := pattern.fullmatch(path))), None)
    return (parts, found) if parts and found else None


def _meant(parts: re.Match[str], found: re.Match[str], *, sure: bool) -> Address:
    named, query = found.groupdict(), parse_qs(parts["query"] or "")
    fragment, asked = parts["fragment"] or "", query.get("sha", [""])[0]
    revision = named.get("revision") or named.get("archived")
    if not revision and REVISION.fullmatch(asked.lower()):
        revision = asked
    if not revision and REVISION.fullmatch(fragment.lower()):  # as npm has it
        revision, fragment = fragment, ""
    content = named.get("content")
    file = named.get("file") or next((query[name][0] for name in ("file", "filepath") if name in query), None)
    file = file or (None if named.get("archived") else _file_in(found))
    content = content and content.lower()
    return Address(named["gist"].lower(), revision and revision.lower(), file, fragment, content, sure)


def _file_in(found: re.Match[str]) -> str | None:
    """The file that the last step of the path names, as other viewers of gists have it: `…/ID/SHA/main.py`."""
    behind = [step for step in found.string[found.end("gist") :].split("/")[1:] if step]
    if not behind or "." not in behind[-1] or behind[0].lower() in ("archive", "zip", "tar.gz", "download"):
        return None
    return None if _NO_FILE.fullmatch(behind[-1]) else behind[-1]


def revision_of(meant: Address, get: Callable[[str | None], Gist]) -> str | None:
    """The revision that an address pins, also by a SHA that may be the name of a file's content; None for the latest.

    Args:
        get: the gist at that revision, or with None at the latest. It raises Refused where there is none.
    """
    sha = meant.content
    if meant.revision or sha is None:
        return meant.revision
    latest = get(None)
    if any(sha == revision.id for revision in latest.history) or sha == latest.revision:
        return sha
    if any(sha == _git_name(file.content) for file in latest.files):
        return None
    with suppress(Refused):  # the content of a file at an earlier revision
        return get(sha).revision
    return None


def _git_name(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest()


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
