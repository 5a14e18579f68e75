"""What one installation may take, and the sentences that say that it is too much."""

from __future__ import annotations

from dataclasses import dataclass

from gistrun import figures
from gistrun.errors import PackagesRefused

#: Seconds for resolving and downloading, and for compiling what was downloaded, which has no network.
SECONDS, COMPILE_SECONDS = 120, 300
#: Seconds for making the image with a language's tools, which is done once on a host and counts for no run; and for
#: taking an environment from another host instead of installing it.
TOOLS_SECONDS, PULL_SECONDS = 600, 120


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


def too_large(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages that are too large to be downloaded."""
    return PackagesRefused(
        f"These packages are larger than the {bounds.download_bytes / 10**6:,.0f} MB that may be downloaded."
    )


def too_many(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages whose lock is too large."""
    most = figures.size(bounds.lock_bytes)
    return PackagesRefused(f"These are too many packages: the list of their files is larger than {most}.")
