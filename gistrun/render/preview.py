"""A file as what it is, beside its text: Markdown, a table, a tree of JSON, a picture."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache

from gistrun.model import GistFile
from gistrun.render.clean import Neighbours
from gistrun.render.markdown import markdown
from gistrun.render.notshown import NotShown
from gistrun.render.picture import Picture
from gistrun.render.table import Table, table
from gistrun.render.tree import tree

_MARKDOWN = (".md", ".markdown", ".mdown", ".mkd", ".mkdn")
_TABLES = (".csv", ".tsv", ".tab")
_TREES = (".json", ".geojson", ".topojson", ".webmanifest")
#: Bytes of a file that is read for a preview.
_LARGEST = 2**20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Preview:
    """What is shown; all but one are None. `html` and `tree` are safe HTML."""

    html: str | None = None
    table: Table | None = None
    tree: str | None = None
    picture: Picture | None = None
    #: Why there is none of these, as the end of a sentence, where one could be expected.
    why_not: str | None = None

    @property
    def shows(self) -> bool:
        """Whether there is anything to show."""
        return self.why_not is None

    @property
    def size(self) -> int:
        """About how many characters it takes in a page."""
        cells = sum(len(cell) + 10 for row in self.table.rows for cell in row) if self.table else 0
        return len(self.html or "") + len(self.tree or "") + cells


def preview(file: GistFile, anchor: str, neighbours: Neighbours) -> Preview | None:
    """How a file that is no picture is shown besides as text; None for one that is only text or bytes.

    Args:
        anchor: that of the file in its page; ids in the HTML begin with it.
    """
    name = file.name.lower()
    if file.language != "Markdown" and not name.endswith(_MARKDOWN + _TABLES + _TREES):
        return None
    if file.size > _LARGEST:
        return Preview(why_not=f"it is larger than {_LARGEST // 2**20} MB")
    return _made(name, file.content, anchor, neighbours)


@lru_cache(maxsize=32)
def _made(name: str, content: bytes, anchor: str, neighbours: Neighbours) -> Preview | None:
    try:
        text = content.decode("utf-8-sig")
        if "\0" in text:
            return None
        if name.endswith(_TABLES):
            return Preview(table=table(text, not name.endswith(".csv")))
        if name.endswith(_TREES):
            return Preview(tree=tree(text))
        return Preview(html=markdown(text, anchor, neighbours))
    except UnicodeDecodeError:
        return None
    except NotShown as error:
        return Preview(why_not=str(error))
    except Exception:
        # A mistake in a library must not take the page: the file is there as text.
        log.exception("A preview failed")
        return Preview(why_not="something went wrong with it on our side")
