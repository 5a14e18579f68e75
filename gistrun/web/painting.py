"""Has cards drawn: each by a process of its own, few at a time, so that no other request waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from functools import lru_cache
from importlib.resources import files
from typing import Any

from gistrun.errors import Unavailable

#: How many are drawn at a time, for how many seconds a request waits for its turn, and for its card.
_AT_A_TIME, _PATIENCE, _TIME = 2, 5.0, 10.0
_PROGRAM = str(files("gistrun.render.card") / "paint.py")
_turns = threading.BoundedSemaphore(_AT_A_TIME)


def painted(sheet: Any) -> bytes:
    """The card of that sheet as a PNG.

    Raises:
        Unavailable: too many wait, or it could not be drawn.
    """
    return _painted(json.dumps(sheet))


@lru_cache(maxsize=32)
def _painted(sheet: str) -> bytes:
    if not _turns.acquire(timeout=_PATIENCE):
        raise Unavailable("Too many cards are drawn just now. Try again in a moment.", retry_after=10)
    try:
        return subprocess.run(  # noqa: S603 - our own program, and nothing foreign is in its arguments
            [sys.executable, "-I", _PROGRAM, font()],
            input=sheet.encode(),
            capture_output=True,
            timeout=_TIME,
            check=True,
            cwd="/",
            env={},
        ).stdout
    except (subprocess.SubprocessError, OSError) as error:
        raise Unavailable("The card could not be drawn.", retry_after=60) from error
    finally:
        _turns.release()


def font() -> str:
    """The path of the font, which comes with a package: so a card looks the same on every machine."""
    return str(files("fontpkg_jetbrains_mono") / "files/JetBrainsMono[wght].ttf")
