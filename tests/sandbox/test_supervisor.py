"""Process 1 fed with anything: it answers with a sentence, waits for more or ends, and never crashes.

It runs here as a plain process with the sanitizers of the compiler, as process 1 of namespaces of its own.
"""

from __future__ import annotations

import io
import itertools
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from gistrun.errors import SandboxUnavailable
from gistrun.model import GistFile, Limits, Stream
from gistrun.sandbox.container import _decoders
from gistrun.sandbox.protocol import (
    GO_ON,
    Bytes,
    Commands,
    Decoder,
    Hello,
    PhaseReport,
    archive,
    encode_environment,
    encode_job,
)

SOURCES = sorted((Path(__file__).parents[2] / "images/_base/supervisor").glob("*.c"))
LIMITS = Limits(timeout_s=5, output_bytes=4096)
NAMESPACES = ["unshare", "--map-root-user", "--mount", "--pid", "--fork", "--kill-child"]
#: In a mount namespace of its own, so that /sandbox is there for it alone. What it leaves in it is listed at the end.
SCRIPT = """
set -e
mount -t tmpfs -o size=8m,nr_inodes=200 none "$1"
cd "$1"
for name in bin lib lib64 usr etc; do
    [ ! -e /$name ] || { mkdir $name && mount --rbind /$name $name; }
done
mkdir sandbox dev dev/shm proc
touch dev/null
mount --bind /dev/null dev/null
mount -t proc none proc
cp "$2" supervisor
mount -t tmpfs -o size=1m,nr_inodes=64 none sandbox
before=$(find . -xdev | sort)
status=0
chroot . /supervisor || status=$?
[ "$before" = "$(find . -xdev | sort)" ] || { echo "It wrote outside its folder" >&2; exit 99; }
exit $status
"""


@pytest.fixture(scope="session")
def supervisor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, with sanitizers."""
    folder = tmp_path_factory.mktemp("supervisor")
    if not shutil.which("gcc") or not shutil.which("unshare"):
        pytest.skip("gcc and unshare are needed to run the supervisor outside a sandbox")
    options = [
        "-DFIRST_SIGN_MS=1000",
        "-O1",
        "-g",
        "-fsanitize=address,undefined",
        "-fno-sanitize-recover=all",
        "-static-libasan",
    ]
    built = subprocess.run(["gcc", *options, "-o", folder / "supervisor", *SOURCES], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    if subprocess.run([*NAMESPACES, "true"], capture_output=True).returncode:
        pytest.skip("namespaces of one's own are not allowed here")
    return folder / "supervisor"


def speak(supervisor: Path, data: bytes, *more: bytes, stay: bool = False) -> tuple[int, list[object], str]:
    """Send it all that; the exit status, its frames (the last may be its sentence), what went wrong.

    Unless we `stay` until it has ended, the end of the data tells it that its worker is gone. Before each of the
    `more` it waits longer than for a first sign.
    """
    with tempfile.TemporaryDirectory() as place:
        command = [*NAMESPACES, "sh", "-c", SCRIPT, "sh", place, str(supervisor)]
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "ASAN_OPTIONS": "detect_leaks=0:exitcode=98"}
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment) as process:
            if stay:
                assert process.stdin
                process.stdin.write(data)
                process.stdin.flush()
                for piece in more:
                    time.sleep(1.5)
                    process.stdin.write(piece)
                    process.stdin.flush()
                process.wait(60)
            stdout, stderr = process.communicate(None if stay else data, timeout=60)
    decoder = Decoder()
    frames: list[object] = []
    wrapped = b"\1\0\0\0" + len(stdout).to_bytes(4, "big") + stdout
    try:
        frames.extend(decoder.feed(wrapped))
    except SandboxUnavailable as error:
        frames.append(error)
    return process.returncode, frames, stderr.decode("utf-8", "replace")


def check(supervisor: Path, data: bytes) -> list[object]:
    """It did what it may."""
    status, frames, wrong = speak(supervisor, data)
    # 0: the job was done. 1: it could not be, as a sentence says. 70: its worker hung up.
    assert status in (0, 1, 70), (status, wrong)
    assert wrong == ""
    if status == 1:
        assert isinstance(frames[-1], SandboxUnavailable)
        assert str(frames[-1]).startswith("The sandbox could not run this: ")
    return frames


def frame(kind: bytes, payload: bytes) -> bytes:
    return kind + len(payload).to_bytes(4, "big") + payload


def job(files: Sequence[GistFile] = (), argv: Sequence[str] = ("true",), stdin: bytes = b"") -> bytes:
    environment = encode_environment({"PATH": "/usr/bin:/bin"}, ())
    return b"".join([environment, *encode_job(files, Commands(tuple(argv)), stdin, LIMITS)])


def entry(name: bytes, size: bytes, kind: bytes = b"0", data: bytes = b"") -> bytes:
    """A header of a tar archive with whatever in it, and what follows."""
    head = name[:100].ljust(100, b"\0") + b"\0" * 24 + size[:12].ljust(12, b"\0") + b"\0" * 20 + kind
    return head.ljust(512, b"\0") + data


WHOLE = job(
    [GistFile("main.sh", b"echo hello; sleep 0.1; cat"), GistFile("n" * 200, b"x" * 1000)], ["sh", "main.sh"], b"input"
)

fuzz = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def test_a_whole_job_is_done(supervisor: Path) -> None:
    status, frames, wrong = speak(supervisor, WHOLE, stay=True)
    assert (status, wrong) == (0, "")
    assert [frame.data for frame in frames if isinstance(frame, Bytes)] == [b"hello\n", b"input"]
    assert isinstance(frames[-1], PhaseReport)
    assert (frames[-1].exit, frames[-1].last) == (0, True)


@pytest.mark.parametrize(
    ("ahead", "printed"),
    [
        (["bash", "-c", "tr '\\0' / <&63; cat"], b"bash/main.sh/input"),
        (["cat"], b"as usual\n"),
        (["/missing"], b"as usual\n"),
    ],
)
def test_an_interpreter_started_ahead_becomes_the_program_where_it_is_that(
    supervisor: Path, ahead: list[str], printed: bytes
) -> None:
    files = [GistFile("main.sh", b"echo as usual")]
    rest = b"".join(encode_job(files, Commands(("bash", "main.sh")), b"input", LIMITS))
    status, frames, wrong = speak(supervisor, encode_environment({"PATH": "/usr/bin:/bin"}, ahead) + rest, stay=True)
    assert (status, wrong) == (0, "")
    assert b"".join(frame.data for frame in frames if isinstance(frame, Bytes)) == printed


def test_between_the_phases_a_job_may_pause_until_its_worker_says_go_on(supervisor: Path) -> None:
    commands = Commands(("echo", "run"), ("echo", "compiled"), pause=True)
    environment = encode_environment({"PATH": "/usr/bin:/bin"}, ())
    start = environment + b"".join(encode_job((), commands, b"", LIMITS))
    status, frames, wrong = speak(supervisor, start, GO_ON, stay=True)
    assert (status, wrong) == (0, "")
    assert [frame.data for frame in frames if isinstance(frame, Bytes)] == [b"compiled\n", b"run\n"]
    status, frames, wrong = speak(supervisor, start)
    assert (status, wrong) == (70, "")  # its worker hung up
    status, frames, wrong = speak(supervisor, start, frame(b"R", b"true\0"), stay=True)
    assert (status, wrong) == (1, "")
    assert str(frames[-1]).endswith("the job does not go on.")


def test_without_a_first_sign_of_its_worker_it_ends(supervisor: Path) -> None:
    status, frames, wrong = speak(supervisor, b"", stay=True)
    assert (status, wrong) == (70, "")
    assert [type(frame) for frame in frames] == [Hello]


def test_after_a_first_sign_it_waits_for_its_job(supervisor: Path) -> None:
    status, frames, wrong = speak(supervisor, WHOLE[:1], WHOLE[1:], stay=True)
    assert (status, wrong) == (0, "")
    assert isinstance(frames[-1], PhaseReport)


@given(st.binary(max_size=400))
@example(frame(b"A", b"true\0") + frame(b"E", b"A=B\0"))
@example(frame(b"E", b"A=B\0") + frame(b"A", b"true\0") * 2)
@example(frame(b"E", b"A=B\0") + frame(b"A", b""))
@example(frame(b"T", entry(b"", b"0", b"L") + entry(b"a", b"10000", b"0", b"x" * 10000)))
@example(frame(b"T", entry(b"a", b"77777777777")))
@example(frame(b"T", entry(b"a", b"\x80\0\0\0\0\0\0\2\0\0\0\0")))
@example(frame(b"T", entry(b"a", b"\xff" * 12)))
@example(frame(b"T", entry(b"a", b"-1")))
@example(frame(b"T", entry(b"x", b"401", b"L", b"y" * 257)))
@example(frame(b"T", entry(b"x", b"400", b"L", b"y" * 256) + b"\0" * 256 + entry(b"a", b"1", b"0", b"z")))
@example(frame(b"L", b"-1 -1 -1 0") + frame(b"R", b"true\0") + frame(b"G", b""))
@example(frame(b"L", b"9223372036854775807 1 1 1") + frame(b"R", b"true\0") + frame(b"G", b""))
@example(frame(b"L", b"1" * 5000))
@example(b"T\xff\xff\xff\xff")
@example(frame(b"R", b"\0" * 5000))
@example(frame(b"R", b"no end"))
@example(frame(b"E", b"A=B\0") * 2)
@example(frame(b"G", b""))
@example(b"")
@fuzz
def test_anything_may_come(supervisor: Path, data: bytes) -> None:
    check(supervisor, data)


@given(
    st.lists(
        st.tuples(st.sampled_from([b"L", b"E", b"A", b"C", b"R", b"T", b"I"]), st.binary(max_size=700)), max_size=6
    )
)
@fuzz
def test_frames_of_any_content_may_come(supervisor: Path, frames: list[tuple[bytes, bytes]]) -> None:
    check(supervisor, b"".join(frame(kind, payload) for kind, payload in frames))


NUMBERS = st.one_of(
    st.integers(0, 2**33).map(lambda n: b"%o" % n),
    st.integers(-(2**70), 2**70).map(lambda n: (n % 2**96).to_bytes(12, "big")),
    st.binary(max_size=12),
)
ENTRIES = st.tuples(
    st.one_of(st.sampled_from([b"a", b"..", b".", b"/etc/x", b"../x", b"", b"n" * 100]), st.binary(max_size=100)),
    NUMBERS,
    st.sampled_from(b"\x000127LKxgV5S").map(lambda b: bytes([b])),
    st.binary(max_size=1200),
).map(lambda parts: entry(*parts))


@given(st.lists(ENTRIES, min_size=1, max_size=5))
@fuzz
def test_archives_of_any_shape_may_come(supervisor: Path, entries: list[bytes]) -> None:
    check(supervisor, frame(b"T", b"".join(entries)))


@given(st.data())
@fuzz
def test_a_job_may_break_off_and_be_bent_anywhere(supervisor: Path, data: st.DataObject) -> None:
    bent = bytearray(WHOLE[: data.draw(st.integers(0, len(WHOLE)))])
    for _ in range(data.draw(st.integers(0, 4)) if bent else 0):
        bent[data.draw(st.integers(0, len(bent) - 1))] = data.draw(st.integers(0, 255))
    check(supervisor, bytes(bent))


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), max_size=4, unique=True))
@example(["..", "a"])
@example(["n" * 255])
@example(["n" * 256])
@example(["a/b"])
@example(["\ud7ff" * 85])
@fuzz
def test_names_are_made_as_they_are_or_refused(supervisor: Path, names: list[str]) -> None:
    archived = archive([GistFile(name, name.encode()) for name in names])
    with tarfile.open(fileobj=io.BytesIO(archived)) as tar:
        assert [member.name for member in tar] == [name.rstrip("/") or name for name in names] or "/" in "".join(names)
    frames = check(supervisor, frame(b"T", archived))
    fit = all("/" not in name and name not in (".", "..") and len(name.encode()) <= 255 for name in names)
    assert isinstance(frames[-1], SandboxUnavailable) is not fit


@given(st.binary(max_size=300), st.lists(st.integers(1, 300), max_size=6))
def test_output_cut_anywhere_is_the_same_text(data: bytes, cuts: list[int]) -> None:
    edges = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    decoder = _decoders()[Stream.STDOUT]
    text = "".join(decoder.decode(data[a:b]) for a, b in itertools.pairwise(edges))
    assert text + decoder.decode(b"", final=True) == data.decode("utf-8", "replace")
