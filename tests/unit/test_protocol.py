"""The language of process 1: what is fed comes out as it went in, and nothing else is believed."""

from __future__ import annotations

import io
import itertools
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.errors import SandboxUnavailable
from gistrun.model import GistFile, Limits, Phase, Stream
from gistrun.sandbox import protocol
from gistrun.sandbox.protocol import (
    Bytes,
    Commands,
    Decoder,
    Hello,
    PhaseBegins,
    PhaseReport,
    archive,
    encode_environment,
    encode_job,
)

REPORT = (
    b"phase=r last=1 stop=none exit=3 signal=0 exec=0 wall_us=41000 cpu_us=17000 memory=9437184 memory_kills=0 "
    b"refused=0 disk=0 files=1 truncated=0 asked=1"
)


def frame(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


def wrapped(data: bytes, stream: int = 1) -> bytes:
    """As the engine sends it."""
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


def stamped(microseconds: int, data: bytes) -> bytes:
    return microseconds.to_bytes(8, "big") + data


CONVERSATION = b"".join(
    [
        frame(b"h", protocol.VERSION),
        frame(b"p", b"c"),
        frame(b"e", stamped(1_500_000, b"warning\n")),
        frame(b"p", b"r"),
        frame(b"o", stamped(12_000, b"hello\n")),
        frame(b"x", REPORT),
    ]
)
MEANING = [
    Hello(),
    PhaseBegins(Phase.COMPILE),
    Bytes(1.5, Stream.STDERR, b"warning\n"),
    PhaseBegins(Phase.RUN),
    Bytes(0.012, Stream.STDOUT, b"hello\n"),
    PhaseReport(Phase.RUN, True, "none", 3, 0, 0, 41000, 17000, 9437184, 0, 0, 0, 1, False, True),
]


def test_a_conversation_is_understood() -> None:
    assert list(Decoder().feed(wrapped(CONVERSATION))) == MEANING


@given(
    st.lists(st.integers(1, len(CONVERSATION) - 1), max_size=8), st.lists(st.integers(1, 40), min_size=1, max_size=8)
)
def test_it_does_not_matter_how_a_conversation_is_cut(inner_cuts: list[int], sizes: list[int]) -> None:
    cuts = sorted({0, *inner_cuts, len(CONVERSATION)})
    stream = b"".join(wrapped(CONVERSATION[a:b]) for a, b in itertools.pairwise(cuts))
    decoder = Decoder()
    frames = []
    position = 0
    turn = 0
    while position < len(stream):
        size = sizes[turn % len(sizes)]
        frames += decoder.feed(stream[position : position + size])
        position += size
        turn += 1
    assert frames == MEANING


def test_what_the_container_writes_to_standard_error_is_not_a_report() -> None:
    assert list(Decoder().feed(wrapped(frame(b"x", REPORT), stream=2))) == []


@pytest.mark.parametrize(
    "data",
    [
        frame(b"h", b"2"),
        frame(b"z", b""),
        frame(b"p", b"x"),
        frame(b"x", b"phase=r exit=0"),
        frame(b"x", b"exit"),
        frame(b"x", REPORT + b" more=1"),
        b"o\xff\xff\xff\xff",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(SandboxUnavailable):
        list(Decoder().feed(wrapped(data)))


def test_a_refusal_of_process_1_is_reported() -> None:
    with pytest.raises(SandboxUnavailable, match="No space left"):
        list(Decoder().feed(wrapped(frame(b"f", b"a file could not be written: No space left on device"))))


@given(st.binary(max_size=200))
def test_garbage_never_ends_in_anything_but_a_refusal(data: bytes) -> None:
    decoder = Decoder()
    try:
        frames = list(decoder.feed(wrapped(data)))
    except SandboxUnavailable:
        return
    assert all(isinstance(f, Hello | PhaseBegins | Bytes | PhaseReport) for f in frames)


NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=80).filter(
    lambda name: name not in (".", "..") and len(name.encode()) <= 255
)


@given(st.dictionaries(NAMES, st.binary(max_size=2000), max_size=6))
def test_the_archive_holds_every_file_as_it_is(files: dict[str, bytes]) -> None:
    data = archive([GistFile(name, content) for name, content in files.items()])
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        found = {entry.name: tar.extractfile(entry).read() for entry in tar}  # type: ignore[union-attr]
    assert found == files


def test_a_job_is_cut_into_frames_of_at_most_a_mebibyte() -> None:
    limits = Limits(timeout_s=1.5, compile_timeout_s=60, output_bytes=1000)
    files = [GistFile("big", b"x" * (3 * 2**20))]
    pieces = list(encode_job(files, Commands(("run", "-x"), ("cc",), pause=True), b"input", limits))
    assert [piece[:1] for piece in pieces] == [b"L", b"C", b"R", b"T", b"T", b"T", b"T", b"I", b"G"]
    assert pieces[0][5:] == b"1500 60000 1000 1"
    assert pieces[2][5:] == b"run\0-x\0"
    assert max(len(piece) for piece in pieces) <= 5 + 2**20


def test_the_environment_comes_before_the_job_and_with_it_what_is_started_ahead() -> None:
    assert encode_environment({"A": "b", "C": ""}, ()) == b"E\0\0\0\x07A=b\0C=\0"
    assert encode_environment({"A": "b"}, ["run", "-x"]) == b"E\0\0\0\x04A=b\0" + b"A\0\0\0\x07run\0-x\0"


@given(st.lists(st.binary(max_size=40)), st.integers(1, 100))
def test_pieces_are_gathered_to_a_size_and_none_is_lost(pieces: list[bytes], size: int) -> None:
    gathered = list(protocol.gathered(iter(pieces), size))
    assert b"".join(gathered) == b"".join(pieces)
    assert all(len(piece) >= size for piece in gathered[:-1])
