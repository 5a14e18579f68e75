"""Facts that stand in C, in Python and in a Dockerfile, because none of these can read the others, are the same."""

from __future__ import annotations

import re
from pathlib import Path

from gistrun.github.parsing import NAME_BYTES
from gistrun.sandbox import policy, protocol

IMAGES = Path(__file__).resolve().parents[2] / "images"
SUPERVISOR = {path.name: path.read_text() for path in (IMAGES / "_base/supervisor").iterdir()}


def defined(name: str, text: str) -> str:
    found = re.search(rf"^#define {name} (\S+)", text, re.MULTILINE)
    assert found, name
    return found[1].strip('"')


def test_both_sides_speak_the_same_version_of_the_protocol() -> None:
    assert defined("VERSION", SUPERVISOR["supervisor.h"]).encode() == protocol.VERSION


def test_the_writable_place_is_the_same() -> None:
    assert defined("ROOM", SUPERVISOR["supervisor.h"]) == policy.ROOM
    assert f"mkdir -m 0755 {policy.ROOM} " in (IMAGES / "_base/Dockerfile").read_text()


def test_the_base_image_knows_the_users_of_the_policy() -> None:
    first, last = policy.USER_IDS[0], policy.USER_IDS[-1]
    assert f"seq {first} {last})" in (IMAGES / "_base/Dockerfile").read_text()


def test_a_name_may_be_as_long_for_github_as_for_the_archive() -> None:
    assert int(defined("NAME_BYTES", SUPERVISOR["supervisor.h"])) == NAME_BYTES


def test_an_interpreter_that_was_started_ahead_reads_where_the_supervisor_writes() -> None:
    waiting = (IMAGES / "python/waiting.c").read_text()
    assert defined("COMMAND_LINE", SUPERVISOR["spawn.c"]) == defined("COMMAND_LINE", waiting)
