"""A run as a recording for asciinema's players, line by line. Pure.

The forms are https://docs.asciinema.org/manual/asciicast/v2/ and https://docs.asciinema.org/manual/asciicast/v3/. Both
are lines of JSON: a header, then one for each event. Times are seconds since the start, in v3 since the event before.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

#: The terminal that programs are told they have.
COLUMNS, ROWS = 100, 24


class Cast:
    """The lines of one recording, in order. `version`: 2 or 3."""

    def __init__(self, version: int) -> None:
        self._version = version
        #: Seconds: where the phase that is being shown began, and the event before.
        self._began = self._last = 0.0
        self._phase: str | None = None

    def header(self, title: str, recorded_at: datetime | None) -> str:
        """The first line."""
        head: dict[str, Any] = {"version": self._version}
        if self._version == 2:
            head |= {"width": COLUMNS, "height": ROWS}
        else:
            head |= {"term": {"cols": COLUMNS, "rows": ROWS, "type": "xterm-256color"}}
        if recorded_at:
            head["timestamp"] = int(recorded_at.timestamp())
        return _line(head | {"title": title})

    def output(self, t: float, phase: str, data: str) -> str:
        """A piece of output, `t` seconds after its phase's program started. Each phase follows the one before."""
        if phase != self._phase:
            self._began, self._phase = self._last, phase
        # The program wrote to a pipe. A terminal moves to the first column by itself only where it is told to.
        return self._event(self._began + t, "o", data.replace("\r\n", "\n").replace("\n", "\r\n"))

    def starts_over(self) -> str:
        """The program starts again after its worker was lost: the terminal is reset."""
        self._phase = None
        return self._event(self._last, "o", "\x1bc")

    def end(self, exit_code: int | None) -> str:
        """The last line; only v3 has one."""
        return self._event(self._last, "x", str(exit_code or 0)) if self._version > 2 else ""

    def _event(self, at: float, kind: str, data: str) -> str:
        at = max(at, self._last)
        since = at if self._version == 2 else at - self._last
        self._last = at
        return _line([round(since, 6), kind, data])


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"
