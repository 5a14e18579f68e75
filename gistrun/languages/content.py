"""What of a file's content decides as what it runs. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from gistrun.model import GistFile

#: Bytes of a file in which patterns are looked for, and bytes of all files of a gist together.
LOOKED_AT, ALTOGETHER = 64 * 1024, 1024 * 1024


def text(file: GistFile) -> str:
    """The beginning of a file, in which patterns are looked for."""
    return file.content[:LOOKED_AT].decode("utf-8", "replace")


def beginnings(files: Iterable[GistFile]) -> tuple[GistFile, ...]:
    """The files with no more in them than is looked at, so that many large ones take no longer than one."""
    files = tuple(files)
    sizes = sorted(min(file.size, LOOKED_AT) for file in files)
    left, most = ALTOGETHER, LOOKED_AT
    for number, size in enumerate(sizes):
        # What small files leave is for the larger ones.
        most = left // (len(sizes) - number)
        if size > most:
            break
        left -= size
    return tuple(replace(file, content=file.content[:most]) if file.size > most else file for file in files)
