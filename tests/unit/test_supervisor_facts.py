"""Facts that stand in C, Python, shell and Dockerfiles are the same: none of these files can read the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.errors import SandboxUnavailable
from gistrun.github.parsing import NAME_BYTES
from gistrun.model import Limits
from gistrun.sandbox import policy, protocol

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "images"
SUPERVISOR = {path.name: path.read_text() for path in (IMAGES / "_base/supervisor").iterdir()}


def defined(name: str, text: str) -> str:
    found = re.search(rf"^#define {name} (\S+)", text, re.MULTILINE)
    assert found, name
    return found[1].strip('"')


def test_both_sides_speak_the_same_version_of_the_protocol() -> None:
    assert defined("VERSION", SUPERVISOR["supervisor.h"]).encode() == protocol.VERSION


def max_frame() -> int:
    found = re.search(r"^#define MAX_FRAME \((\d+) << (\d+)\)$", SUPERVISOR["supervisor.h"], re.MULTILINE)
    assert found
    return int(found[1]) << int(found[2])


def payload_sizes(frames: bytes) -> Iterator[int]:
    while frames:
        size = int.from_bytes(frames[1:5], "big")
        yield size
        frames = frames[5 + size :]


def test_the_longest_frame_to_the_supervisor_is_as_long_as_it_takes() -> None:
    frames = b"".join(protocol.encode_job((), protocol.Commands(("true",)), bytes(max_frame() + 1), Limits()))
    assert max(payload_sizes(frames)) == max_frame()


def from_the_supervisor(size: int) -> bytes:
    """A frame of output with a payload of that size, as the engine passes it on."""
    frame = b"o" + size.to_bytes(4, "big") + bytes(size)
    return b"\1\0\0\0" + len(frame).to_bytes(4, "big") + frame


def test_the_longest_frame_from_the_supervisor_is_accepted_and_no_longer_one() -> None:
    (output,) = protocol.Decoder().feed(from_the_supervisor(max_frame()))
    assert isinstance(output, protocol.Bytes)
    with pytest.raises(SandboxUnavailable):
        list(protocol.Decoder().feed(from_the_supervisor(max_frame() + 1)))


def test_the_writable_folder_is_the_same() -> None:
    assert defined("ROOM", SUPERVISOR["supervisor.h"]) == policy.ROOM
    assert f"mkdir -m 0755 {policy.ROOM} " in (IMAGES / "_base/Dockerfile").read_text()


def test_the_supervisor_makes_the_folders_that_the_policy_names() -> None:
    for folder in (policy.GIST_FOLDER, policy.ENVIRONMENT["HOME"]):
        assert f'ROOM "{folder.removeprefix(policy.ROOM)}"' in SUPERVISOR["main.c"]
    assert f":{policy.ENVIRONMENT['HOME']}:/bin/bash" in (IMAGES / "_base/Dockerfile").read_text()


def test_commands_name_only_the_build_folder_and_files_of_the_image() -> None:
    assert 'ROOM "/build"' in SUPERVISOR["main.c"]
    assert f"{policy.ROOM}/build" == policy.BUILD_FOLDER
    versions = languages.by_image(languages.load()).values()
    words = [word for known in versions for word in (*known.compile, *known.run) if word.startswith("/")]
    assert words
    for word in words:
        assert word.startswith(("/usr/", "/opt/")), word


#: The files in which the writable folder stands by hand, besides scripts of a language's own image.
NAMES_THE_ROOM = {
    "gistrun/render/places.py",
    "gistrun/sandbox/policy.py",
    "gistrun/sandbox/readback.py",
    "gistrun/web/static/terminal/places.js",
    "images/_base/Dockerfile",
    "images/_base/supervisor/supervisor.h",
}


def test_the_writable_folder_stands_by_hand_in_known_files_only() -> None:
    name = re.compile(rf"(?<![\w.]){policy.ROOM}\b")
    files = (path for top in ("gistrun", "images/_base") for path in (ROOT / top).rglob("*") if path.is_file())
    found = {str(path.relative_to(ROOT)) for path in files if name.search(path.read_text(errors="replace"))}
    found = {path for path in found if "__pycache__" not in path}
    assert found == NAMES_THE_ROOM


def test_the_base_image_knows_the_users_of_the_policy() -> None:
    first, last = policy.USER_IDS[0], policy.USER_IDS[-1]
    assert f"seq {first} {last})" in (IMAGES / "_base/Dockerfile").read_text()


def test_a_name_may_be_as_long_for_github_as_for_the_archive() -> None:
    assert int(defined("NAME_BYTES", SUPERVISOR["supervisor.h"])) == NAME_BYTES


def test_an_interpreter_that_was_started_ahead_reads_where_the_supervisor_writes() -> None:
    waiting = (IMAGES / "python/waiting.c").read_text()
    assert defined("COMMAND_LINE", SUPERVISOR["spawn.c"]) == defined("COMMAND_LINE", waiting)
