"""What an installer is told to do."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field

from gistrun.packages.bounds import Bounds
from gistrun.packages.shelf import Place

#: Takes the files of /request from so many bytes of standard input: the engine is slower to put them there.
_UNPACK = "head -c {} | tar -xC /request || exit 1; "


@dataclass(frozen=True, slots=True)
class Job:
    """What an installer does."""

    #: The id of an image with an ecosystem's tools.
    image: str
    command: str
    memory_bytes: int
    #: The files that the tools read.
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: Further variables of the tools.
    environment: Mapping[str, str] = field(default_factory=dict)
    downloads: Place = field(default_factory=Place)
    bounds: Bounds = field(default_factory=Bounds)

    def request(self) -> bytes:
        """The files as a tar archive, which goes to standard input first; empty where there are none."""
        if not self.files:
            return b""
        result = io.BytesIO()
        with tarfile.open(fileobj=result, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, content in self.files.items():
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode = len(content), 0o644
                archive.addfile(entry, io.BytesIO(content))
        return result.getvalue()

    def line(self, request: bytes) -> str:
        """What the shell does with that request."""
        return _UNPACK.format(len(request)) + self.command if request else self.command
