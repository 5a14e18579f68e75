"""Attacks on the reader: output that is not text, or is text cut in awkward places, arrives as data and whole."""

from __future__ import annotations

import json

import pytest

from gistrun.model import State
from tests.sandbox.conftest import Run

pytestmark = pytest.mark.usefixtures("beside")

WRITINGS = {
    "a character a byte at a time": ([bytes([b]) for b in "é😀\U0010ffff".encode()], "é😀\U0010ffff"),
    "a character that never ends": ([b"a", b"\xf0\x9f", b"\x98"], "a\ufffd"),
    "a second half without a first": ([b"\x98\x80z"], "\ufffd\ufffdz"),
    "an overlong slash": ([b"\xc0\xaf"], "\ufffd\ufffd"),
    "half a surrogate": ([b"\xed\xa0\x80"], "\ufffd\ufffd\ufffd"),
    "nothing but zeros": ([b"\0\0", b"\0"], "\0\0\0"),
    "line ends of all kinds": ([b"a\r\nb\rc\n\x0b\x0c\xe2\x80\xa8"], "a\r\nb\rc\n\x0b\x0c\u2028"),
    "a mark of byte order": ([b"\xef\xbb\xbfx"], "\ufeffx"),
    "an end of a script and of an event": (
        [b"</script>\n\nevent: end\ndata: {}\n\n"],
        "</script>\n\nevent: end\ndata: {}\n\n",
    ),
    "terminal sequences": ([b"\x1b", b"]0;t", b"itle\x07\x1b[2J"], "\x1b]0;title\x07\x1b[2J"),
}


@pytest.mark.parametrize("name", WRITINGS)
def test_a_program_may_print(name: str, run: Run) -> None:
    pieces, shown = WRITINGS[name]
    source = f"import os, time\nfor piece in {pieces!r}:\n    os.write(1, piece); time.sleep(0.03)"
    ended = run("python", source)
    assert (ended.state, ended.stdout) == (State.PASSED, shown)
    assert json.loads(json.dumps([o.as_json() for o in ended.outputs]))


def test_halves_of_characters_on_two_streams_do_not_meet(run: Run) -> None:
    source = """
import os, time
for n in range(3):
    for fd, character in ((1, "😀"), (2, "é")):
        data = character.encode()
        os.write(fd, data[:1]); time.sleep(0.02); os.write(3 - fd, b"x"); os.write(fd, data[1:])
"""
    ended = run("python", source)
    assert ended.state is State.PASSED
    assert ended.text.count("x") == 6
