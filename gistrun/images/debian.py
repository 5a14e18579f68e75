"""The Debian below all images: the engine has it, or a registry has it, or it is installed from Debian's mirror."""

from __future__ import annotations

import itertools
import logging
import os
import shutil
import subprocess
import threading
from collections import deque
from typing import IO, cast

from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable, SetupError

log = logging.getLogger(__name__)

_MIRROR = "http://deb.debian.org/debian"
_PIECE_BYTES = 1 << 20
_LOG_LINES = 15

# Everything happens in namespaces and a tmpfs of its own: nothing is left on this machine, however it ends.
# Without --force-check-gpg, debootstrap checks no signature if it finds no keys of the archive.
# An older debootstrap does not know a newer suite by name; all of them are installed like sid.
_DEBOOTSTRAP = f"""
mount -t tmpfs -o mode=0755 none /mnt &&
debootstrap --force-check-gpg --variant=minbase "$1" /mnt {_MIRROR} sid >&2 &&
rm -rf /mnt/var/cache/apt/archives/*.deb /mnt/var/lib/apt/lists/* &&
tar --numeric-owner -C /mnt -c .
"""


def ensure_debian(engine: Engine, suite: str) -> str:
    """The id of the Debian image of that suite. It is pulled if it is missing, or made here if no registry answers.

    Raises:
        SetupError: it can be had in neither way; the message says what to do.
        SandboxUnavailable: the engine does not answer.
    """
    debian = f"debian:{suite}-slim"
    for obtain in (_nothing, _pull, _debootstrap):
        obtain(engine, debian, suite)
        if image := engine.image(debian):
            return cast(str, image["Id"])
    raise SetupError(f"The Docker engine took {debian}, but does not show it. Run: docker pull {debian}")


def _nothing(engine: Engine, debian: str, suite: str) -> None:
    """The engine may have it already."""


def _pull(engine: Engine, debian: str, _suite: str) -> None:
    """Try a registry. If none answers, which the engine finds out within seconds, that is no error yet."""
    log.info("Pulling %s", debian)
    name, _, tag = debian.partition(":")
    try:
        for line in engine.pull(name, tag):
            log.debug("%s", line.get("error") or line.get("status"))
    except SandboxUnavailable as error:
        log.info("%s could not be pulled: %s", debian, error)


def _debootstrap(engine: Engine, debian: str, suite: str) -> None:
    cannot = f"There is no image {debian}, no registry answers, and it cannot be made here"
    if not shutil.which("debootstrap"):
        raise SetupError(f"{cannot}: install the package debootstrap, or run docker pull {debian}.")
    if os.geteuid() != 0:
        raise SetupError(f"{cannot} without root: run this once as root, or run docker pull {debian}.")
    log.info("Installing Debian %s from %s", suite, _MIRROR)
    unshare = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    command = [*unshare, "sh", "-c", _DEBOOTSTRAP, "debootstrap", suite]
    with subprocess.Popen(  # noqa: S603 - the suite is one of two words
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as installer:
        archive, messages = cast(IO[bytes], installer.stdout), cast(IO[bytes], installer.stderr)
        last: deque[str] = deque(maxlen=_LOG_LINES)
        listener = threading.Thread(target=_listen, args=(messages, last), daemon=True)
        listener.start()
        # The archive begins when Debian is installed. It is empty if Debian could not be installed.
        first = archive.read(_PIECE_BYTES)
        if first:
            name, _, tag = debian.partition(":")
            rest = iter(lambda: archive.read(_PIECE_BYTES), b"")
            engine.import_image(itertools.chain([first], rest), name, tag, 'CMD ["bash"]')
        listener.join()
    if installer.returncode != 0:
        raise SetupError("\n".join([f"{cannot}, since debootstrap failed:", *last]))


def _listen(messages: IO[bytes], last: deque[str]) -> None:
    for line in messages:
        text = line.decode("utf-8", "replace").rstrip()
        log.debug("debootstrap: %s", text)
        last.append(text)
