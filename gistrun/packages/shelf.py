"""Files that installers have downloaded, each under the SHA-256 of its content, in a folder of this host.

Installers can read them, and only their worker writes: what it takes from an installer it names by what it has read
itself. So whatever an installer does, under a hash there is never anything else.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_PIECE_BYTES = 2**20
#: Seconds after which what a killed worker left behind is removed. No installation takes as long.
_LEFT_S = 3600.0
#: Files that are taken from one installer.
_MOST = 1000
_HASH = re.compile(rb"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")


@dataclass(frozen=True, slots=True)
class Place:
    """Where one installer has its downloads.

    Attributes:
        cache: what is mounted at /cache, where it may write: a folder, or a volume by its name; None for none.
        binds: what it may read, as source and target.
    """

    cache: str | None = None
    binds: dict[str, str] = field(default_factory=dict)


class Shelf:
    """The files that are kept in that folder.

    Attributes:
        folder: where they are, to be mounted so that it can only be read.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "kept"
        self._arriving = folder / "arriving"
        for each in (self.folder, self._arriving):
            each.mkdir(parents=True, exist_ok=True)
            each.chmod(0o755)  # whatever the umask of this process: installers read it

    def place(self) -> Path:
        """An empty folder for one installer, which may write there. `take` removes it."""
        made = Path(tempfile.mkdtemp(dir=self._arriving))
        made.chmod(0o777)  # the installer's user is none of this machine's
        return made

    def take(self, place: Path, most_bytes: int) -> None:
        """Keep the files that an installer has put there, up to so many bytes, and remove the folder."""
        try:
            for found in list(os.scandir(place))[:_MOST]:
                most_bytes -= self._keep(found.path, most_bytes)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def used(self, lock: bytes) -> None:
        """The files whose hashes stand in that lock were used."""
        for name in set(_HASH.findall(lock)):
            with contextlib.suppress(OSError):
                os.utime(self.folder / name.decode())

    def trim(self, most_bytes: int) -> int:
        """Remove what was not used for longest until the rest takes no more than that; the bytes that are left."""
        self._remove_left()
        kept = sorted((found.stat().st_mtime, found.stat().st_size, found) for found in self._files())
        total = sum(size for _, size, _ in kept)
        for _, size, file in kept:
            if total <= most_bytes:
                break
            file.unlink(missing_ok=True)
            total -= size
        return total

    def _files(self) -> Iterator[Path]:
        return (found for found in self.folder.iterdir() if found.is_file())

    def _keep(self, path: str, most_bytes: int) -> int:
        """Copy a file, so that nobody else holds what is kept, under the hash of what was copied; returns its bytes."""
        try:
            # It may have put anything there: a link, a pipe.
            source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return 0
        found = os.fstat(source)
        if not stat.S_ISREG(found.st_mode) or found.st_size > most_bytes:
            os.close(source)
            return 0
        with os.fdopen(source, "rb") as file:
            digest, size = hashlib.sha256(), 0
            with tempfile.NamedTemporaryFile(dir=self._arriving) as copy:
                while size < most_bytes and (piece := file.read(min(_PIECE_BYTES, most_bytes - size))):
                    size += len(piece)
                    digest.update(piece)
                    copy.write(piece)
                copy.flush()
                os.fchmod(copy.fileno(), 0o644)
                # In the place of one that is there: the installer has found that to be another.
                os.link(copy.name, named := f"{copy.name}.kept")
                os.replace(named, self.folder / digest.hexdigest())
            return size

    def _remove_left(self) -> None:
        before = time.time() - _LEFT_S
        for found in self._arriving.iterdir():
            if found.lstat().st_mtime < before:
                if found.is_dir() and not found.is_symlink():
                    shutil.rmtree(found, ignore_errors=True)
                else:
                    found.unlink(missing_ok=True)
