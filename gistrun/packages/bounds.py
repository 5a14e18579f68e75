"""What one installation may take, and the sentences that say that it is too much."""

from __future__ import annotations

from dataclasses import dataclass

from gistrun import figures
from gistrun.errors import PackagesRefused, RegistryUnavailable

#: Seconds for resolving and downloading, and for compiling what was downloaded, which has no network.
SECONDS, COMPILE_SECONDS = 120, 300
#: Seconds for making the image with a language's tools, which is done once on a host and counts for no run; and for
#: taking an environment from another host instead of installing it.
TOOLS_SECONDS, PULL_SECONDS = 600, 120


_AGAIN = "Run it again: what was downloaded is kept."


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
        f"These packages are larger than the {bounds.download_bytes / 10**6:,.0f} MB that may be downloaded. "
        "Ask for fewer, or for smaller ones."
    )


def too_much_disk(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages that take too much of the disk."""
    return PackagesRefused(
        f"These packages take more than the {bounds.disk_bytes / 10**6:,.0f} MB of disk that they may. "
        "Ask for fewer, or for smaller ones."
    )


def too_slow(bounds: Bounds, building: bool) -> PackagesRefused:
    """The refusal of packages that were not installed in time, or not built."""
    done, advice = ("built", "Ask for fewer of them.") if building else ("installed", _AGAIN)
    return PackagesRefused(
        f"The packages could not be {done} within the {bounds.seconds:g} s that this may take. {advice}"
    )


def too_many(bounds: Bounds) -> PackagesRefused:
    """The refusal of packages whose lock is too large."""
    most = figures.size(bounds.lock_bytes)
    return PackagesRefused(
        f"These are too many packages: the list of their files is larger than {most}. Ask for fewer."
    )


def away(trouble: str) -> RegistryUnavailable:
    """A registry could not be reached; `trouble` is a sentence that names it."""
    return RegistryUnavailable(f"A registry of packages does not answer: {trouble} Run it again in a while.")
