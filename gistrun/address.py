"""Which gist is meant by what people paste: an id, or an address of GitHub's, GitHub Enterprise's or our own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from gistrun.errors import BadInput

#: A number for a gist of before 2012, else hexadecimal. GitHub writes it in lower case.
GIST_ID = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{20,40}")
REVISION = re.compile(r"[0-9a-f]{40}")
_EMBED = re.compile(r"""<script\b[^>]*\bsrc\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)
_COMMAND = re.compile(r"(gh gist|git clone)\s")


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
    so, with a path that may begin with `gist/` (Enterprise, our own) or `gists/` (the API); raw files; any of these in
    angle brackets; the `<script>` that embeds a gist; and the commands `gh gist …` and `git clone …`.

    Raises:
        BadInput: no gist can be made out.
    """
    text = text.strip()
    if embed := _EMBED.search(text):
        return _parse(embed[1], text)
    if _COMMAND.match(text):
        meant = list(_meant(text.split()))
        if meant:
            return max(meant, key=lambda address: len(address.gist))  # a number may be an option's value
    return _parse(text.removeprefix("<").removesuffix(">").strip(), text)


def _meant(words: list[str]) -> Iterator[Address]:
    for word in words:
        with suppress(BadInput):
            yield _parse(word, word)


def _parse(address: str, text: str) -> Address:
    try:
        parts = urlsplit(address)
    except ValueError:
        raise _unknown(text) from None
    path = parts.path
    if address.startswith("git@"):
        path = address.partition(":")[2]
    elif not parts.scheme and "." in path.split("/", 1)[0] and "/" in path:
        path = path.partition("/")[2]  # a host without https://
    steps = [step for step in unquote(path).split("/") if step]
    while steps and steps[0] in ("api", "v1", "v3", "gist", "gists"):
        steps.pop(0)
    steps = [re.sub(r"\.(git|js)$", "", step) if number < 2 else step for number, step in enumerate(steps)]
    if len(steps) > 1 and GIST_ID.fullmatch(steps[1]) and not _is_id_and_revision(steps):
        steps.pop(0)  # the owner
    if not steps or not GIST_ID.fullmatch(steps[0]):
        raise _unknown(text)
    gist, rest = steps[0].lower(), steps[1:]
    if rest and REVISION.fullmatch(rest[0].lower()):
        return Address(gist, rest[0].lower(), fragment=parts.fragment)
    if rest and rest[0] == "raw":
        # raw/FILE or raw/SHA/FILE; that SHA names the file's content, not a revision.
        return Address(gist, file=rest[-1] if len(rest) > 1 and not REVISION.fullmatch(rest[-1]) else None)
    return Address(gist, fragment=parts.fragment)


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


def _is_id_and_revision(steps: list[str]) -> bool:
    """`ID/SHA` rather than `OWNER/ID`: an owner's name may look like an id, but a gist's id is no commit."""
    return bool(GIST_ID.fullmatch(steps[0]) and REVISION.fullmatch(steps[1].lower()))


def _unknown(text: str) -> BadInput:
    if not text:
        return BadInput("Paste the address of a gist, such as https://gist.github.com/octocat/9257657, or its id.")
    shown = text if len(text) <= 80 else text[:79] + "…"
    return BadInput(
        f"“{shown}” is not the address of a gist. Paste one such as https://gist.github.com/octocat/9257657, or its id:"
        " digits and the letters a to f."
    )
