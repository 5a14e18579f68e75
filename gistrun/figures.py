"""Figures and times as text for people."""

from __future__ import annotations

import math
from datetime import datetime


def duration(milliseconds: int) -> str:
    """`41 ms`, `1.24 s`, `12.4 s`, `2 min 5 s`."""
    if milliseconds < 1000:
        return f"{milliseconds} ms"
    seconds = milliseconds / 1000
    if seconds < 9.995:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"


def elapsed(seconds: float) -> str:
    """`4 s`, `2 min 5 s`: how long something has taken so far. `static/live.js` does the same."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def runs_before(count: int) -> str:
    """`Next in line.`, `1 run before yours.`, `2 runs before yours.`; `static/live.js` does the same."""
    return f"{count} run{'' if count == 1 else 's'} before yours." if count else "Next in line."


def in_words(seconds: float) -> str:
    """`in 40 seconds`, `in 10 minutes`: when to try again. Rounded up, so that nobody tries too early."""
    if seconds < 90:
        whole = math.ceil(seconds)
        return f"in {whole} second{'' if whole == 1 else 's'}"
    return f"in {math.ceil(seconds / 60)} minutes"


def size(count: int) -> str:
    """`1 byte`, `12 bytes`, `11.8 MB`, `256 MB`; in powers of 1024, like the settings."""
    if count < 1024:
        return "1 byte" if count == 1 else f"{count} bytes"
    value = count / 1024
    for unit in ("KB", "MB"):
        if value < 1023.95:
            return f"{value:.1f} {unit}".replace(".0 ", " ")
        value /= 1024
    return f"{value:.1f} GB".replace(".0 ", " ")


def ago(moment: datetime, now: datetime) -> str:
    """`just now`, `12 seconds ago`, `3 hours ago`; a date after a month. `static/ago.js` does the same."""
    seconds = max(0, int((now - moment).total_seconds()))  # their clock may be ahead of ours
    for length, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        count = seconds // length
        if unit == "day" and count > 30:
            return f"on {moment.day} {moment:%B %Y}"
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
