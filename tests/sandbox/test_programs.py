"""What well-behaved programs may count on."""

from __future__ import annotations

import socket

import pytest

from gistrun import languages
from gistrun.model import Phase, State
from tests.sandbox.conftest import Run

#: The common languages. Under runc tests/images runs the checks of all others too; under gVisor some do not run.
NAMES = languages.first(languages.load())


@pytest.mark.parametrize("name", NAMES)
def test_every_common_language_says_hello(name: str, run: Run) -> None:
    folder = languages.IMAGES / name
    hello = next(path for path in sorted(folder.glob("hello.*")) if path.suffix != ".out")
    ended = run(name, {hello.name: hello.read_bytes()}, memory_bytes=256 * 2**20, disk_bytes=64 * 2**20)
    assert (ended.state, ended.stdout) == (State.PASSED, (folder / "hello.out").read_text()), ended


def test_arguments_and_standard_input_arrive_as_they_are(run: Run) -> None:
    source = "import sys; print(sys.argv[1:], repr(sys.stdin.read()))"
    ended = run("python", source, args=("a b", "-x", "", "ü\n"), stdin="läuft\n".encode())
    assert ended.stdout == "['a b', '-x', '', 'ü\\n'] 'läuft\\n'\n"


def test_no_standard_input_is_an_empty_one(run: Run) -> None:
    assert run("bash", "cat; echo end").stdout == "end\n"


def test_a_large_standard_input_arrives_whole(run: Run) -> None:
    ended = run("python", "import sys; print(len(sys.stdin.buffer.read()))", stdin=b"x" * 3_000_001)
    assert ended.stdout == "3000001\n"


def test_the_files_of_the_gist_and_nothing_else_lie_in_the_current_folder(run: Run) -> None:
    files = {"main.py": "import os; print(sorted(os.listdir()), open('data.txt').read(), __import__('part').x)"}
    ended = run("python", {**files, "data.txt": "words", "part.py": "x = 7"})
    assert ended.stdout == "['data.txt', 'main.py', 'part.py'] words 7\n"


def test_both_streams_keep_their_order_and_their_name(run: Run) -> None:
    source = """
import sys, time
for n in range(3):
    for stream in (sys.stdout, sys.stderr):
        stream.write(f"{n}\\n"); stream.flush(); time.sleep(.05)
"""
    ended = run("python", source)
    assert [(o.stream, o.data) for o in ended.outputs] == [
        (stream, f"{n}\n") for n in range(3) for stream in ("stdout", "stderr")
    ]
    times = [o.t for o in ended.outputs]
    assert times == sorted(times)
    assert 0.2 < times[-1] < 3


@pytest.mark.parametrize(
    "body", ["print('\\udce9'.encode('latin1','ignore'))", "import os; os.write(1, b'\\xff\\x00\\xc3')"]
)
def test_output_that_is_no_text_is_shown_all_the_same(body: str, run: Run) -> None:
    assert run("python", body).state is State.PASSED


def test_bytes_that_are_no_utf_8_become_replacement_characters(run: Run) -> None:
    assert run("python", "import os; os.write(1, b'a\\xff\\x00\\xc3')").stdout == "a�\0�"


@pytest.mark.parametrize(
    "name",
    ["-rf.py", "--help.py", "a b.py", "a\nb.py", "a\r\tb.py", "$(id).py", "'\"`.py", "ü😀.py", "a" * 252 + ".py"],
)
def test_a_file_may_have_any_name(name: str, run: Run) -> None:
    ended = run("python", {name: "import sys, os; print(os.path.basename(sys.argv[0]))"})
    assert ended.stdout == f"{name}\n"


def test_three_hundred_files(run: Run) -> None:
    files = {"main.py": "import os; print(len(os.listdir()))", **{f"f{n}.txt": "x" for n in range(299)}}
    assert run("python", files).stdout == "300\n"


def test_a_compile_error_differs_from_a_failing_program(run: Run) -> None:
    ended = run("c", "int main(void) { return nothing; }")
    assert (ended.state, ended.outcome.phase) == (State.FAILED, Phase.COMPILE)
    assert all(output.phase is Phase.COMPILE for output in ended.outputs)
    assert "nothing" in ended.text
    ended = run("c", "int main(void) { return 3; }")
    assert (ended.state, ended.outcome.phase, ended.outcome.exit_code) == (State.FAILED, Phase.RUN, 3)


def test_a_signal_has_its_name(run: Run) -> None:
    outcome = run("c", "int main(void) { *(volatile int *)0 = 1; }").outcome
    assert (outcome.state, outcome.signal, outcome.exit_code) == (State.FAILED, "SIGSEGV", None)


def test_several_sources_make_one_program_and_other_programs_stay_out(run: Run) -> None:
    files = {
        "main.c": "int add(int, int); int main(void) { return add(20, 22); }",
        "add.c": "int add(int a, int b) { return a + b; }",
        "other.c": "int main(void) { return 1; }",
    }
    assert run("c", files).outcome.exit_code == 42


def test_a_shell_may_call_the_scripts_beside_it(run: Run) -> None:
    files = {"main.sh": "sh tool.sh x", "tool.sh": '#!/bin/sh\necho "tool $1"\n'}
    assert run("bash", files).stdout == "tool x\n"


def test_multiprocessing_and_temporary_files_work(run: Run) -> None:
    source = """
import multiprocessing, tempfile
def double(n): return 2 * n
if __name__ == "__main__":
    with multiprocessing.Pool(2) as pool, tempfile.TemporaryFile() as file:
        file.write(b"x")
        print(pool.map(double, [1, 2, 3]))
"""
    assert run("python", source).stdout == "[2, 4, 6]\n"


def test_the_user_has_a_name_and_a_home(run: Run) -> None:
    ended = run(
        "python",
        "import getpass, pwd, os; print(getpass.getuser(), pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser('~'))",
    )
    assert ended.stdout == "gist gist /sandbox/home\n"


LOOKS_UP = """
import socket, threading
name = socket.gethostname()
print(name, socket.gethostbyname(name), socket.gethostbyname("localhost"))
server = socket.create_server((name, 0))
threading.Thread(target=lambda: server.accept()[0].sendall(b"served"), daemon=True).start()
print(socket.create_connection((name, server.getsockname()[1]), 5).recv(6).decode())
"""


def test_a_program_knows_its_own_name_and_can_listen_on_it(run: Run) -> None:
    assert run("python", LOOKS_UP).stdout == "gist 127.0.0.1 127.0.0.1\nserved\n"


def test_other_languages_find_the_name_too(run: Run) -> None:
    looks_up = "require('dns').lookup(require('os').hostname(), (error, address) => console.log(`${error} ${address}`))"
    assert run("javascript", looks_up).stdout == "null 127.0.0.1\n"
    assert run("bash", "getent hosts $(hostname)").stdout.split() == ["127.0.0.1", "gist"]


SERVES = """
const http = require("http");
const server = http.createServer((request, response) => response.end("served"));
server.listen(0, process.argv[2], () => {
  http.get({host: process.argv[2], port: server.address().port}, (response) => {
    response.setEncoding("utf8").on("data", console.log).on("end", () => server.close());
  });
});
"""


@pytest.mark.parametrize("name", ["gist", "localhost"])
def test_a_server_is_reached_by_the_program_that_it_is_in(name: str, run: Run) -> None:
    ended = run("javascript", SERVES, args=(name,), memory_bytes=256 * 2**20)
    assert (ended.state, ended.text) == (State.PASSED, "served\n")


def test_a_server_on_one_loopback_is_reached_by_the_name_that_may_mean_two(run: Run) -> None:
    serves = SERVES.replace("listen(0, process.argv[2]", "listen(0, '127.0.0.1'")
    ended = run("javascript", serves, args=("localhost",), memory_bytes=256 * 2**20)
    assert (ended.state, ended.text) == (State.PASSED, "served\n")


UNKNOWN = """
import socket, time
begun = time.monotonic()
for name in ("nowhere", "nowhere.example"):
    try: print(socket.getaddrinfo(name, 80))
    except socket.gaierror: pass
print(time.monotonic() - begun < 2)
"""


def test_an_unknown_name_is_refused_at_once(run: Run) -> None:
    assert run("python", UNKNOWN).stdout == "True\n"
    source = (
        "require('dns').resolve4('nowhere.example', (error) => console.log(`${error.code} ${process.uptime() < 4}`))"
    )
    assert run("javascript", source, memory_bytes=256 * 2**20).stdout == "ECONNREFUSED true\n"


def test_the_names_of_the_host_are_not_there(run: Run) -> None:
    assert socket.gethostname() not in run("bash", "cat /etc/hosts /etc/hostname; hostname").stdout.split()
