"""The files of a gist as its page shows them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from flask import url_for

from gistrun import languages
from gistrun.address import file_anchors
from gistrun.languages import Language
from gistrun.model import Gist, GistFile
from gistrun.render.clean import Neighbour, Neighbours
from gistrun.render.picture import Picture, is_pdf, picture
from gistrun.render.preview import Preview, preview
from gistrun.render.source import HIGHLIGHTED, SHOWN, Source, source

#: What one page shows of all files: bytes, with so many more for each line. The file that runs is always shown.
_ROOM = 2 * 2**20
_LINE = 128
#: Bytes of all files that are read for previews, since those take time.
_PREVIEWED = 512 * 1024
#: A file with more lines than the first begins with as many as the second says; a click shows the others.
_LONG, _BEGINNING = 150, 100
#: A picture of so many bytes comes with the page, so that it is there when it is scrolled to, or printed.
_AT_ONCE = 32 * 1024


@dataclass(frozen=True, slots=True)
class FileView:
    """One file as the page shows it."""

    name: str
    #: GitHub's own anchor for it, so that fragments of gist URLs work here.
    anchor: str
    size: int
    #: Where its bytes are.
    raw: str
    #: None: not text, or beyond what one page shows (`left_out`).
    source: Source | None
    #: How it is shown besides as text, or why it is not.
    preview: Preview | None
    left_out: bool
    #: The name of the one that it would run as; None if it is in none.
    language: str | None
    entry: bool
    pdf: bool

    @property
    def runnable(self) -> bool:
        """Whether it can be run."""
        return self.language is not None

    @property
    def lines(self) -> int:
        """How many lines the page shows."""
        return len(self.source.lines) if self.source else 0

    @property
    def beginning(self) -> int:
        """How many lines are shown at first."""
        return self.lines if self.lines <= _LONG else _BEGINNING

    @property
    def at_once(self) -> bool:
        """Whether a picture is loaded before it is scrolled to."""
        return self.size <= _AT_ONCE

    @property
    def both(self) -> bool:
        """Whether there is a text and something else, so that one of them is chosen."""
        return bool(self.source and self.preview and self.preview.shows)


class _Page:
    """What a page has still room for."""

    def __init__(self, gist: Gist, known: dict[str, Language]) -> None:
        self._anchors = file_anchors(file.name for file in gist.files)
        self._raws = [_raw(gist, file.name) for file in gist.files]
        self._pictures = _pictures(gist.files)
        self._neighbours = Neighbours(gist.id, tuple(self._neighbour(*each) for each in enumerate(gist.files)))
        self._known = known
        self._room = _ROOM
        self._to_highlight = HIGHLIGHTED
        self._to_preview = _PREVIEWED

    def _neighbour(self, index: int, file: GistFile) -> Neighbour:
        found, anchor = self._pictures[index], self._anchors[index]
        if found is None:
            return Neighbour(file.name, anchor)
        return Neighbour(file.name, anchor, self._raws[index], found.width, found.height)

    def view(self, index: int, file: GistFile, is_entry: bool) -> FileView:
        text, left_out = self._text(file, is_entry)
        language = languages.language_of(file, self._known)
        return FileView(
            name=file.name,
            anchor=self._anchors[index],
            size=file.size,
            raw=self._raws[index],
            source=text,
            preview=None if left_out else self._preview(index, file),
            left_out=left_out,
            language=language.name if language else None,
            entry=is_entry,
            pdf=is_pdf(file.content),
        )

    def _text(self, file: GistFile, is_entry: bool) -> tuple[Source | None, bool]:
        """The text, and whether the page has no room for it."""
        if not is_entry and min(file.size, SHOWN) > self._room:
            return None, True
        text = source(file.name, file.content, file.language, is_entry or file.size <= self._to_highlight)
        self._to_highlight -= file.size
        cost = min(file.size, SHOWN) + _LINE * len(text.lines) if text else 0
        if cost > self._room and not is_entry:
            return None, True
        self._room -= cost
        return text, False

    def _preview(self, index: int, file: GistFile) -> Preview | None:
        if found := self._pictures[index]:
            return Preview(picture=found)
        if file.size > self._to_preview:
            return None
        made = preview(file, self._anchors[index], self._neighbours)
        time.sleep(0)  # each may take a second: others are served between two
        if made:
            self._to_preview -= file.size
            if made.size > self._room:
                return Preview(why_not="there is too much on this page already")
            self._room -= made.size
        return made


def file_views(gist: Gist, entry: str | None, known: dict[str, Language]) -> list[FileView]:
    """The files in GitHub's order; `entry` is the name of the one that runs."""
    page = _Page(gist, known)
    return [page.view(index, file, file.name == entry) for index, file in enumerate(gist.files)]


def _raw(gist: Gist, name: str) -> str:
    return url_for("raw.raw", gist_id=gist.id, revision=gist.revision, name=name)


def _pictures(files: tuple[GistFile, ...]) -> list[Picture | None]:
    """Which files are pictures. Drawings are parsed, and so only the first of them count."""
    found: list[Picture | None] = []
    to_parse = _PREVIEWED
    for file in files:
        drawn = file.content[:1] in (b"<", b"\xef", b" ", b"\n", b"\r", b"\t")
        to_parse -= file.size if drawn else 0
        found.append(picture(file.content) if not drawn or to_parse >= 0 else None)
    return found
