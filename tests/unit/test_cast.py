"""Recordings, as asciinema's documentation describes them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gistrun.render.cast import Cast

AT = datetime(2026, 11, 20, tzinfo=UTC)


def recorded(version: int) -> list[Any]:
    cast = Cast(version)
    text = cast.header("main.c", AT)
    text += cast.output(0.5, "compile", "warning\n")
    text += cast.output(0.1, "run", "a\r\n\x1b[1mb")
    text += cast.output(0.25, "run", "日本\n")
    return [json.loads(line) for line in (text + cast.end(3)).splitlines()]


def test_version_2_has_times_since_the_start() -> None:
    assert recorded(2) == [
        {"version": 2, "width": 100, "height": 24, "timestamp": 1795132800, "title": "main.c"},
        [0.5, "o", "warning\r\n"],
        [0.6, "o", "a\r\n\x1b[1mb"],
        [0.75, "o", "日本\r\n"],
    ]


def test_version_3_has_times_since_the_event_before_and_the_exit_status() -> None:
    head, *events = recorded(3)
    assert head["term"] == {"cols": 100, "rows": 24, "type": "xterm-256color"}
    assert events == [
        [0.5, "o", "warning\r\n"],
        [0.1, "o", "a\r\n\x1b[1mb"],
        [0.15, "o", "日本\r\n"],
        [0.0, "x", "3"],
    ]


@pytest.mark.parametrize("version", [2, 3])
def test_time_never_goes_back(version: int) -> None:
    cast = Cast(version)
    times = [json.loads(cast.output(t, "run", "x"))[0] for t in (0.2, 0.1, 0.3)]
    assert times == ([0.2, 0.2, 0.3] if version == 2 else [0.2, 0.0, 0.1])
    assert json.loads(cast.starts_over())[2] == "\x1bc"
