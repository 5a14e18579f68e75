"""What one installation may take, and the sentences that say that it is too much."""

from __future__ import annotations

from dataclasses import dataclass

from gistrun import figures
from gistrun.errors import PackagesRefused

#: Seconds for resolving and downloading, and for compiling what was downloaded, which has no network.
SECONDS, COMPILE_SECONDS = 120, 300


@dataclass(frozen=True, slots=True)
class Bounds:
    """What an installation may take."""

    seconds: float = SECONDS
    #: The same for preparing what was installed.
    prepare_seconds: float = COMPILE_SECONDS
    #: Bytes that may be downloaded, compressed as they are.
    download_bytes: int = 500 * 10**6
    #: Bytes that a set of packages may take on the disk.
    disk_bytes: int = 1500 * 10**6
    lock_bytes: int = 2 * 2**20

    @property
    def variables(self) -> dict[str, str]:
        """The same for an installer's script, so that it need not begin what would be too large."""
        return {"GISTRUN_DOWNLOAD_BYTES": str(self.download_bytes), "GISTRUN_DISK_BYTES": str(self.disk_bytes)}


def too_large(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages that are too large to be downloaded."""
    return PackagesRefused(
        f"These packages are larger than the {bounds.download_bytes / 10**6:,.0f} MB that may be downloaded."
    )


def too_many(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages whose lock is too large."""
    most = figures.size(bounds.lock_bytes)
    return PackagesRefused(f"These are too many packages: the list of their files is larger than {most}.")
