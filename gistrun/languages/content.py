"""What of a file's content decides as what it runs. Pure."""

from __future__ import annotations

from gistrun.model import GistFile

#: Bytes of a file in which patterns are looked for.
LOOKED_AT = 64 * 1024


def text(file: GistFile) -> str:
    """The beginning of a file, in which patterns are looked for."""
    return file.content[:LOOKED_AT].decode("utf-8", "replace")
