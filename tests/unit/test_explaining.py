"""Hints: signs in the output of programs that failed. images/*/checks has real programs for most of them."""

from __future__ import annotations

import time
from collections.abc import Generator
from dataclasses import dataclass, replace

import pytest

from gistrun import languages
from gistrun.explaining import SENTENCES, ExplainingSandboxes
from gistrun.model import GistFile, Hint, Limits, Network, Outcome, Output, Phase, Program, SandboxEvent, State, Stream
from gistrun.signs import NOBODY_ANSWERS

KNOWN = languages.load()
FAILED = Outcome(State.FAILED, exit_code=1, phase=Phase.RUN, output_bytes=9)


@dataclass
class Printing:
    """Sandboxes whose programs print this and end so."""

    printed: str
    outcome: Outcome

    def run(self, _program: Program) -> Generator[SandboxEvent]:
        yield Output(0.1, Stream.STDERR, Phase.RUN, self.printed)
        yield self.outcome


def hints(
    language: str,
    printed: str,
    source: str = "",
    outcome: Outcome = FAILED,
    limits: Limits | None = None,
    **more: object,
) -> list[tuple[str, str]]:
    program = Program(language, "main", (GistFile("main", source.encode()),), **more)  # type: ignore[arg-type]
    sandboxes = ExplainingSandboxes(Printing(printed, outcome), lambda _: KNOWN[language], limits or Limits())
    *_, ended = sandboxes.run(program)
    assert isinstance(ended, Outcome)
    assert ended.state is outcome.state
    return [(hint.name, hint.text) for hint in ended.hints]


@pytest.mark.parametrize(
    ("language", "printed", "name"),
    [
        ("python", "ModuleNotFoundError: No module named 'numpy.linalg'\n", "missing-package"),
        ("python", "ImportError: No module named urllib2\n", "missing-package"),
        ("python", "ModuleNotFoundError: No module named 'urllib2'\n", "python-2"),
        ("python", "    print 'x'\nSyntaxError: Missing parentheses in call to 'print'. Did you mean", "python-2"),
        ("javascript", "Error: Cannot find module 'lodash'\nRequire stack:", "missing-package"),
        ("kotlin", "a.kt:1:12: error: unresolved reference 'x'.\nimport com.x.Y\n           ^\n", "missing-package"),
        ("scala", "-- [E008] Not Found Error: a.scala:1:11 ---\n1 |import com.x.Y\n  |  ^^^^^\n", "missing-package"),
        ("groovy", "a.groovy: 1: unable to resolve class com.x.Y\n", "missing-package"),
        ("bash", "main.sh: line 2: curl: command not found\n", "missing-package"),
        ("sh", "main.sh: 2: curl: not found\n", "missing-package"),
        ("bash", "curl: (6) Could not resolve host: example.com", "no-network"),
        ("javascript", "  cause: Error: getaddrinfo EAI_AGAIN example.com", "no-network"),
        ("java", "java.net.UnknownHostException: example.com", "no-network"),
        ("go", "dial tcp: lookup example.com on 127.0.0.1:53: read udp", "no-network"),
        ("python", "_tkinter.TclError: no display name and no $DISPLAY environment variable", "needs-display"),
        ("c", "Error: Can't open display: ", "needs-display"),
        ("c", "usage: main NUMBER\n", "asked-for-arguments"),
        ("bash", "main.sh: line 3: $1: unbound variable\n", "asked-for-arguments"),
        ("sh", "main.sh: 3: 1: parameter not set\n", "asked-for-arguments"),
        ("bash", "main.sh: line 2: 1: Usage: main.sh FILE\n", "asked-for-arguments"),
    ],
)
def test_a_sign_gives_a_hint(language: str, printed: str, name: str) -> None:
    source = "int main(int count, char **given)" if language == "c" else 'echo "$1"'
    assert [found for found, _ in hints(language, printed, source)] == [name]


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("python", "ZeroDivisionError: division by zero"),
        ("kotlin", "a.kt:3:5: error: unresolved reference 'x'.\n    x()\n    ^\n"),
        ("javascript", "Error: Cannot find module './own.js'"),
        ("c", "the usage: is not at the beginning"),
    ],
)
def test_other_failures_have_none(language: str, printed: str) -> None:
    assert hints(language, printed) == []


@pytest.mark.parametrize(
    ("language", "printed"),
    [
        ("go", "dial tcp 127.0.0.1:80: connect: connection refused"),
        ("python", "ConnectionRefusedError: [Errno 111] Connection refused"),
        ("python", "    sock.connect(sa)\nOSError: [Errno 99] Cannot assign requested address"),
        ("python", "OSError: Multiple exceptions: [Errno 111] Connect call failed ('127.0.0.1', 9), [Errno 99] Cannot"),
        ("javascript", "  [errors]: [\n    Error: connect ECONNREFUSED 127.0.0.1:8000\n"),
        ("bash", "main.sh: connect: Cannot assign requested address"),
        (
            "bash",
            'psql: error: connection to server on socket "/x" failed\n\tIs the server running locally',
        ),
        ("bash", "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"),
        ("php", "Can't connect to local MySQL server through socket '/x'"),
        ("rust", 'Os { code: 111, kind: ConnectionRefused, message: "Connection refused" }'),
    ],
)
def test_a_server_that_is_not_there_is_told_as_such(language: str, printed: str) -> None:
    assert hints(language, printed) == [("no-network", NOBODY_ANSWERS)]


@pytest.mark.parametrize(
    "printed",
    [
        "dial tcp: lookup example.com on 127.0.0.1:53: read udp 127.0.0.1:9->127.0.0.1:53: read: connection refused",
        "OSError: [Errno 101] Network is unreachable",
    ],
)
def test_a_refused_lookup_is_the_network(printed: str) -> None:
    assert hints("go", printed) == [("no-network", SENTENCES["no-network"])]


def test_a_server_at_an_address_of_another_machine_is_not_told_that_none_is_running() -> None:
    printed = "    s.bind(('192.0.2.1', 80))\nOSError: [Errno 99] Cannot assign requested address"
    assert hints("python", printed) == []


@pytest.mark.parametrize(
    "printed",
    [
        "Usage: prog NAME",
        "usage: main.py FILE",
        "USAGE:\n    prog <FILE>\n",
        "Usage:\n  main.rb [options]",
        "main.sh: usage: main.sh FILE",
        "[ERROR] usage: main FILE",
        "Error! Usage: main FILE",
        "Usage of /work/main:\n  -n int",
        "usage main.lua <file>",
        "Usage : main FICHIER",
        "Aufruf: main DATEI",
        "用法：main 文件",
        "please give a file name",
        "Please provide the path to a file as argument",
        "ValueError: Please specify a number.",
        "You must supply at least one argument",
        "No arguments given.",
        "no file name was specified",
        "error: no input file provided",
        "Missing argument",
        "Error: Missing argument 'NAME'.",
        "error: missing required argument 'name'",
        "cp: missing file operand",
        "Not enough arguments!",
        "main.sh: too few arguments",
        "Wrong number of arguments",
        "Invalid number of arguments. I need two.",
        "This program needs a file name",
        "Expected 2 arguments, got 0",
        "File name required",
        "error: the following required arguments were not provided:\n  <NAME>",
        "main.py: error: the following arguments are required: n",
    ],
)
def test_what_asks_for_arguments_in_its_own_words_is_understood(printed: str) -> None:
    for around in ("{}", "hello\n{}\n", "{}\nbye\n"):
        found = hints("perl", around.format(printed), "open my $file, '<', $ARGV[0];")
        assert found == [("asked-for-arguments", SENTENCES["asked-for-arguments"])]
        assert hints("perl", around.format(printed), "print while <STDIN>;") == []


@pytest.mark.parametrize(
    ("language", "source"),
    [
        ("python", "import sys\nprint(sys.argv[1])"),
        ("python", "import argparse"),
        ("javascript", "console.log(process.argv[2])"),
        ("java", "public static void main(String[] given) {}"),
        ("c", "int main(int n, char **v) { return n; }"),
        ("go", "fmt.Println(os.Args[1])"),
        ("go", "n := flag.Int(1)"),
        ("rust", "std::env::args().nth(1)"),
        ("ruby", "puts ARGV[0]"),
        ("bash", 'echo "${1}"'),
        ("r", "commandArgs(trailingOnly = TRUE)"),
        ("haskell", "main = getArgs >>= print"),
        ("lua", "print(arg[1])"),
        ("nim", "echo paramStr(1)"),
        ("pascal", "writeln(ParamStr(1));"),
        ("fortran", "call get_command_argument(1, name)"),
        ("ada", "Put (Ada.Command_Line.Argument (1));"),
        ("clojure", "(println (first *command-line-args*))"),
        ("swift", "print(CommandLine.arguments)"),
    ],
)
def test_a_program_that_reads_its_arguments_is_known(language: str, source: str) -> None:
    known = KNOWN.get(language) or KNOWN["python"]
    assert [name for name, _ in hints(known.name, "Usage: x FILE\n", source)] == ["asked-for-arguments"]


@pytest.mark.parametrize("source", ["int main(void) { return 1; }", "int main() { return 1; }", "print('x')", "f(1)"])
def test_a_program_that_reads_none_is_not_told_to_have_some(source: str) -> None:
    assert hints("c", "row 7: missing parameter\n", source) == []


@pytest.mark.parametrize(
    "printed",
    [
        "TypeError: f() missing 1 required positional argument: 'x'",
        "TypeError: not enough arguments for format string",
        "TypeError: expected 1 argument, got 0",
        "main.rb:1:in 'f': wrong number of arguments (given 0, expected 1) (ArgumentError)",
        "PHP Fatal error:  Uncaught ArgumentCountError: Too few arguments to function f(), 0 passed in main.php",
        "Too few arguments for subroutine 'main::f' (got 0; expected 1) at main.pl line 3.",
        "Not enough arguments for main::f at main.pl line 3",
        "Wrong number of args (0) passed to: user/f",
        "ERROR: In procedure f: Wrong number of arguments to #<procedure f (x)>",
        "invalid number of arguments: 0",
        'Error in f() : argument "x" is missing, with no default',
        "Memory usage: 90 %",
        "Usage: 90 %",
        "No such file or directory",
        "please enter your name: ",
        "The command failed",
        "FileNotFoundError: [Errno 2] No such file or directory: 'names.txt'",
        'error: missing file "names.txt"',
        "no files for you",
    ],
)
def test_words_of_a_runtime_about_a_call_ask_for_nothing(printed: str) -> None:
    assert hints("perl", printed, "@ARGV") == []


def test_neither_a_compiler_nor_a_prompt_asks_for_arguments() -> None:
    compiling = Outcome(State.FAILED, exit_code=1, phase=Phase.COMPILE, output_bytes=9)
    assert hints("c", "Not enough arguments", "argv", outcome=compiling) == []
    asked = replace(FAILED, hints=(Hint("needs-input", "It asked for input."),))
    assert hints("c", "Please give a number: ", "argv", outcome=asked) == [("needs-input", "It asked for input.")]


@pytest.mark.parametrize(
    "piece", ["usage ", "no ", "a: ", "please give ", "missing required ", "bind ", " ", "program needs "]
)
def test_the_signs_are_quick_in_whatever_is_printed(piece: str) -> None:
    printed = piece * (16 * 1024 // len(piece))
    started = time.process_time()
    hints("perl", printed, "@ARGV")
    hints("perl", printed.replace(" ", "\n"), "@ARGV")
    hints("perl", "Usage: x", printed * 4)
    assert time.process_time() - started < 1


def test_what_is_missing_is_named() -> None:
    text = "It needs numpy.linalg, which is not installed here."
    assert hints("python", "ModuleNotFoundError: No module named 'numpy.linalg'") == [("missing-package", text)]
    # Whatever a program prints, the sentence stays one.
    assert "{0}" not in hints("ruby", "cannot load such file -- {0}{}{name} (LoadError)")[0][1].replace(
        "{0}{}{name}", ""
    )


def test_the_line_that_asks_for_what_is_missing_is_named() -> None:
    source = "# no numpy\nimport os\nfrom numpy import linalg\n"
    ((_, text),) = hints("python", "ModuleNotFoundError: No module named 'numpy'", source)
    assert text == "It needs numpy, which is not installed here. Line 3 of main asks for it."


def test_only_a_program_that_failed_has_a_sign() -> None:
    passed = Outcome(State.PASSED, exit_code=0, output_bytes=9)
    assert hints("python", "usage: x\n", outcome=passed) == []
    stopped = Outcome(State.TIMED_OUT, output_bytes=9)
    assert hints("python", "usage: x\n", outcome=stopped) == []


def test_a_program_that_ended_well_and_printed_nothing() -> None:
    silent = Outcome(State.PASSED, exit_code=0)
    assert hints("python", "", outcome=silent) == [("printed-nothing", SENTENCES["printed-nothing"])]


@pytest.mark.parametrize("source", ["plt.plot([1])\nplt.show()\n", "hist(rnorm(9))\n", "cv2.imwrite('a.png', a)\n"])
def test_one_that_draws_is_told_that_pictures_are_not_shown(source: str) -> None:
    ((name, text),) = hints("python", "", source, Outcome(State.PASSED, exit_code=0))
    assert name == "printed-nothing"
    assert "Pictures" in text
    assert "nothing calls" not in text


def test_arguments_that_were_given_are_not_asked_for() -> None:
    assert hints("python", "usage: x\n", args=("a",)) == []


def test_where_programs_have_a_network_it_is_not_blamed() -> None:
    limits = Limits(network=Network.EGRESS)
    assert hints("python", "Name or service not known", limits=limits) == []


def test_windows_line_ends_are_found_in_the_file() -> None:
    crlf = "#!/bin/sh\r\ncd /tmp\r\n"
    assert [name for name, _ in hints("sh", "cd: can't cd to /tmp", crlf)] == ["windows-line-ends"]
    assert hints("python", "Error", crlf) == []


def test_every_sign_of_a_language_has_a_sentence() -> None:
    for language in KNOWN.values():
        assert {symptom.name for symptom in language.hints} <= SENTENCES.keys(), language.name


def test_one_that_asked_for_input_is_not_told_that_it_printed_nothing() -> None:
    asked = Outcome(State.PASSED, exit_code=0, hints=(Hint("needs-input", "It asked for input."),))
    assert hints("python", "", outcome=asked) == [("needs-input", "It asked for input.")]


def test_each_hint_says_what_to_do() -> None:
    for name, sentence in SENTENCES.items():
        if name != "missing-package":  # the line that asks for it is told instead
            assert ":" in sentence or ". " in sentence, name
