from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from gistrun import figures

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [
        (0, "0 ms"),
        (41, "41 ms"),
        (1240, "1.24 s"),
        (9996, "10.0 s"),
        (12400, "12.4 s"),
        (59_960, "1 min 0 s"),
        (125_000, "2 min 5 s"),
    ],
)
def test_duration(milliseconds: int, told: str) -> None:
    assert figures.duration(milliseconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (1023, "1023 bytes"),
        (1024, "1 KB"),
        (12_373_196, "11.8 MB"),
        (2**28, "256 MB"),
        (1.5 * 2**30, "1.5 GB"),
    ],
)
def test_size(count: int, told: str) -> None:
    assert figures.size(count) == told


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-3, "just now"),
        (0.9, "just now"),
        (1, "1 second ago"),
        (12, "12 seconds ago"),
        (60, "1 minute ago"),
        (7300, "2 hours ago"),
        (86400, "1 day ago"),
        (86400 * 40, "on 13 October 2026"),
    ],
)
def test_ago(seconds: int, told: str) -> None:
    assert figures.ago(NOW - timedelta(seconds=seconds), NOW) == told


@pytest.mark.parametrize(
    ("seconds", "told"), [(-1, "0 s"), (0, "0 s"), (4.9, "4 s"), (59.9, "59 s"), (60, "1 min 0 s"), (125, "2 min 5 s")]
)
def test_elapsed(seconds: float, told: str) -> None:
    assert figures.elapsed(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"),
    [(0, "Next in line."), (1, "1 run before yours."), (2, "2 runs before yours."), (1000, "1000 runs before yours.")],
)
def test_runs_before(count: int, told: str) -> None:
    assert figures.runs_before(count) == told
