"""What the first lines of a script say, and the command line that comes of it."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun import languages
from gistrun.languages import choose, env, language_of
from gistrun.languages.commands import commands
from gistrun.languages.shebang import readings
from gistrun.model import Gist, GistFile, Request

KNOWN = languages.load()
VARIABLES = {"HOME": "/h", "EMPTY": "", "WORDS": "a b", "PATH": "/bin"}
PLACES = {"build": "/build", "gist": "/gist", "memory": "256"}


def run(text: str, name: str = "p") -> tuple[str, ...]:
    """The command that runs a file that begins so."""
    program = choose(Gist("1", "0" * 40, (GistFile(name, text.encode()),)), Request(), KNOWN)
    language = KNOWN[program.language].at(program.version)
    assert language
    return commands(language, program, PLACES, VARIABLES)[1]


def named(text: str, name: str = "p") -> str | None:
    found = language_of(GistFile(name, text.encode()), KNOWN)
    return found.name if found else None


# env -S

SPLIT = [
    "",
    "   ",
    "a b\tc",
    "'a b' c",
    '"a b"c d',
    "a''b ''",
    '""',
    r"a\_b",
    r'"a\_b"',
    r"'a\_b'",
    r"a\tb\nc\fd\re\vf",
    r"\"a\' \# \$ \\",
    r"'\'\\' '\a'",
    r"a\c b",
    r'"a\c"',
    r"a\q",
    "a\\",
    "'a",
    '"a',
    "a #b",
    "#a",
    "a#b",
    "'#a'",
    "${HOME} x${HOME}y",
    "\"${HOME}\" '${HOME}'",
    "${WORDS}",
    "${NO} ${EMPTY}",
    "x${NO}",
    "$HOME",
    "${HOME",
    "${1}",
    "${HOME:-x}",
    "-u HOME A=b c",
    "--x='y z'",
]


def split_by_env(text: str) -> list[str] | None:
    """The words that the real env makes of it, or None if it refuses."""
    command = ["env", "-i", *(f"{name}={value}" for name, value in VARIABLES.items()), "env"]
    ended = subprocess.run([*command, f"-S printf '%s\\0' begin {text}"], capture_output=True, check=False)
    return ended.stdout.decode().split("\0")[1:-1] if ended.returncode == 0 else None


def split_by_us(text: str) -> list[str] | None:
    try:
        return env.split(f"begin {text}", VARIABLES)[1:]
    except ValueError:
        return None


needs_gnu = pytest.mark.skipif(
    not shutil.which("env")
    or b"coreutils" not in subprocess.run(["env", "--version"], capture_output=True, check=False).stdout,
    reason="there is no GNU env to compare with",
)


@needs_gnu
@pytest.mark.parametrize("text", SPLIT)
def test_a_text_is_split_as_env_splits_it(text: str) -> None:
    assert split_by_us(text) == split_by_env(text)


@needs_gnu
@given(st.text("ab \t'\"\\#$_cn{}", max_size=12))
def test_any_text_is_split_as_env_splits_it(text: str) -> None:
    assert split_by_us(text) == split_by_env(text)


@pytest.mark.parametrize(
    ("argument", "command", "changes"),
    [
        ("python3", "python3", ""),
        ("python3 -u -S", "python3 -u -S", ""),
        ("-S A=b python3 -u", "python3 -u", "A=b"),
        ("-Spython3", "python3", ""),
        ("--split-string=python3 -u", "python3 -u", ""),
        ("--split-string python3 -u", "python3 -u", ""),
        ("-iS python3", "python3", "--ignore-environment"),
        ("-vS python3", "python3", ""),
        ("-S -i python3", "python3", "--ignore-environment"),
        ("-S - python3", "python3", "--ignore-environment"),
        (
            "-S -i -u HOME -uPATH --unset=X python3",
            "python3",
            "--ignore-environment --unset=HOME --unset=PATH --unset=X",
        ),
        ("-S -C /tmp --chdir /usr --chd=/ python3", "python3", "--chdir=/tmp --chdir=/usr --chdir=/"),
        ("-S -iu HOME -- A=b B= python3 -i", "python3 -i", "--ignore-environment --unset=HOME A=b B="),
        ("-S --ignore-signal=INT --block-signal python3", "python3", "--ignore-signal=INT --block-signal"),
        ("-i -S python3", "python3", "--ignore-environment"),
        ("-S A=${HOME}/x python3", "python3", "A=/h/x"),
        ("-S -S 'python3 -u'", "python3 -u", ""),
        ("-S 'unclosed python3", "'unclosed python3", ""),
        ("-i", "", "--ignore-environment"),
        ("-u", "", "--unset="),
        ("-S", "", ""),
    ],
)
def test_envs_own_options_are_told_from_the_command(argument: str, command: str, changes: str) -> None:
    line = env.read(argument, VARIABLES)
    assert (" ".join(line.command), " ".join(line.changes)) == (command, changes)


# Which interpreter

SH = "#!/bin/sh\n"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("#!/usr/bin/m4", "m4"),
        ("#!/usr/bin/env z3", "z3"),
        ("#!/usr/bin/env perl6", "raku"),
        ("#!/usr/bin/guile-3.0", "scheme"),
        ("#!/usr/bin/env -S npx tsx", "typescript"),
        ("#!/usr/bin/sudo /bin/bash", "bash"),
        ("#!/usr/bin/env -S uv run --script", "python"),
        ("#!/usr/bin/env -S poetry run python", "python"),
        ("#!/usr/bin/env -S bundle exec ruby -w", "ruby"),
        ("#!/usr/bin/busybox awk -f", "awk"),
        ("#!/usr/bin/env nix-shell\n#! nix-shell -i python3 -p jq\n", "python"),
        ("#! /usr/bin/env nix-shell\n#! nix-shell -p a -p b -i 'runghc -Wall'\n", "haskell"),
        ("#!/usr/bin/env nix-shell\n#! nix-shell -p jq\n", None),
        ("#![allow(dead_code)]\nfn main() {}", None),
        # A shell that hands the file over.
        (SH + '# the next line restarts using tclsh \\\nexec tclsh8.6 "$0" ${1+"$@"}\n', "tcl"),
        (SH + '#\\\nexec wish -f "$0" -- "$@"\n', "tcl"),
        (SH + "'''exec' \"/a/long path/bin/python3.11\" \"$0\" \"$@\"\n' '''\n", "python"),
        (SH + '"exec" "python" "-u" "-B" "$0" "$@"\n', "python"),
        (SH + '"exec" "`dirname $0`/venv/bin/python" "$0" "$@"\n', "python"),
        (SH + "''':'\nexec python3 -u \"$0\" \"$@\"\n'''\n", "python"),
        (SH + '":" //# comment; exec /usr/bin/env node --harmony "$0" "$@"\n', "javascript"),
        (SH + '\':\' //; exec "$(command -v nodejs || command -v node)" "$0" "$@"\n', "javascript"),
        (SH + '\':\'; /*-\ntest1=$(bun --version 2>&1) && exec bun "$0" "$@"\n*/\n', "javascript"),
        (SH + "eval 'exec perl -x -wS $0 ${1+\"$@\"}'\n  if 0;\n#!perl -w\n", "perl"),
        (SH + "eval '(exit $?0)' && eval 'exec perl -wS \"$0\" ${1+\"$@\"}'\n  if 0;\n", "perl"),
        (SH + '# -*- scheme -*-\nexec guile -e main -s "$0" "$@"\n!#\n', "scheme"),
        (SH + '#|\nexec racket -tm "$0" ${1+"$@"}\n|#\n', "racket"),
        (SH + '#|-*- mode:lisp -*-|#\n#|\nexec ros -Q -- $0 "$@"\n|#\n', "lisp"),
        (SH + '":"; exec emacs --quick --script "$0" -- "$@" # -*- mode: emacs-lisp -*-\n', "emacslisp"),
        (SH + 'exec scala "$0" "$@"\n!#\n', "scala"),
        (SH + '#_(\nDEPS=\'{}\'\nexec clojure $OPTS -Sdeps "$DEPS" -M "$0" "$@"\n)\n', "clojure"),
        (SH + '//usr/bin/env groovy -cp x "$0" $@; exit $?\n', "groovy"),
        ("#!/bin/bash\n" + "#\n" * 10 + 'exec ruby -x "$0" "$@"\n#!ruby\n', "ruby"),
        # A shell's own business.
        (SH + 'exec su-exec node "$0" "$@"\n', "sh"),
        (SH + 'exec gosu node "$0"\n', "sh"),
        (SH + '[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"\n', "sh"),
        (SH + 'exec python3 - "$0" <<EOF\n', "sh"),
        (SH + "exec awk '{ print }' \"$0\"\n", "sh"),
        (SH + 'exec sed -n 2p "$0"\n', "sh"),
        (SH + 'exec python3 "$0.py" "$@"\n', "sh"),
        (SH + 'exec python3 "$(dirname "$0")/main.py" "$@"\n', "sh"),
        (SH + 'printf \'#!/bin/sh\\nexec node "$0" "$@"\\n\' > x\n', "sh"),
        (SH + "\n" * 40 + 'exec node "$0"\n', "sh"),
        ('#!/bin/bash\n[ -t 1 ] || exec bash -x "$0"\n', "bash"),
        ('#!/usr/bin/env python3\n"""exec node "$0" """\n', "python"),
    ],
)
def test_the_first_lines_name_the_language(text: str, language: str | None) -> None:
    assert named(text) == language


def test_the_extension_decides_among_the_languages_of_an_interpreter() -> None:
    assert named("#!/usr/bin/env node", "a.ts") == "typescript"
    assert named("#!/usr/bin/env -S deno run", "a.ts") == "typescript"
    assert named("#!/usr/bin/env node", "a") == "javascript"


def test_a_version_may_have_interpreters_of_its_own() -> None:
    assert run("#!/usr/bin/env csi -ss\n")[0] == "csi"
    assert run("#!/usr/bin/env petite\n")[0] == "chezscheme"
    assert run("#!/usr/bin/env guile\n")[0] == "guile"


@given(st.binary(max_size=300))
def test_any_first_line_is_read(line: bytes) -> None:
    for said in readings(GistFile("x", b"#!" + line), VARIABLES):
        assert said.interpreter


# With which options and in which environment


GUILE = "guile --no-auto-compile -l /usr/local/lib/gistrun/line-buffered.scm"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("/usr/bin/env -S FOO=bar python3", "env FOO=bar python3 p"),
        ("/usr/bin/env FOO=bar python3 -u", "env FOO=bar python3 -u p"),
        ("/usr/bin/env -S FOO='a b' python3 -c 'x y'", "env FOO=a b python3 -c x y p"),
        ("/usr/bin/env -S -u HOME bash -e", "env --unset=HOME bash -e p"),
        ("/usr/bin/env -S -C /tmp bash", "env --chdir=/tmp bash /gist/p"),
        ("/usr/bin/env -iS bash", "env --ignore-environment PATH=/bin bash p"),
        ("/usr/bin/env -iS PATH=/x A=${HOME} bash", "env --ignore-environment PATH=/bin PATH=/x A=/h bash p"),
        (
            "/usr/bin/env -S -i python3",
            "env --ignore-environment PATH=/bin PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 python3 p",
        ),
        ("/usr/bin/env -S uv run --script", "python3 p"),
        ("/usr/bin/env -S poetry run python -O", "python3 p"),
        ("/usr/bin/sudo /bin/bash -e", "bash -e p"),
        ("C:/Git/bin/bash.exe -e", "bash -e p"),
        ("C:\\Python314\\Python.EXE -O", "env python3 -O p"),
        ("/usr/bin/env python3.exe", "python3 p"),
        ("/usr/bin/env pytest", "python3 /usr/local/lib/gistrun/tested.py p"),
        ("/usr/bin/env -S pytest -q --maxfail=1", "env python3 /usr/local/lib/gistrun/tested.py -q --maxfail=1 p"),
        ("/usr/bin/env -S python3 -m pytest -q", "env python3 /usr/local/lib/gistrun/tested.py -q p"),
        ("/usr/bin/awk --file", "stdbuf -oL gawk --file p"),
        ("/usr/bin/gawk -E", "stdbuf -oL gawk -E p"),
        ("/usr/bin/gawk --exec", "stdbuf -oL gawk --exec p"),
        ("/usr/bin/awk -v f=1 -f", "stdbuf -oL gawk -v f=1 -f p"),
        ("/usr/bin/awk -F:", "stdbuf -oL gawk -F: -f p"),
        ("/bin/sed -nf", "run-sed p -nf p"),
        ("/bin/sed --file", "run-sed p --file p"),
        ("/bin/sed -E", "run-sed p -E -f p"),
        ("/usr/bin/jq -nrf", "run-jq p -nrf p"),
        ("/usr/bin/jq --from-file", "run-jq p --from-file p"),
        ("/usr/bin/make --file", "make --file p"),
        ("/usr/bin/make --makefile", "make --makefile p"),
        ("/usr/bin/make -j2 -sf", "make -j2 -sf p"),
        ("/usr/bin/make -s", "make -s -f p"),
        ("/usr/bin/expect --", "expect -c fconfigure stdout -buffering line -f p"),
        ("/usr/bin/expect -f", "expect -c fconfigure stdout -buffering line -f p"),
        ("/bin/csh -fb", "tcsh -f -fb p"),
        ("/usr/bin/php --", "php -d display_errors=stderr -d log_errors=0 -d error_reporting=-1 p"),
        ("/usr/bin/php -q -d x=1", "php -d display_errors=stderr -d log_errors=0 -d error_reporting=-1 -q -d x=1 p"),
        ("/usr/bin/gnuplot -e a=1 -c", "gnuplot -e set terminal dumb 100 30 -e a=1 -c p"),
        ("/bin/sh -", "dash - p"),
        ("/usr/bin/env -S scheme --script", f"{GUILE} -s p"),
        ("/usr/bin/env -S scheme --program", f"{GUILE} -s p"),
        ("/usr/bin/env -S guile -L . -q", f"{GUILE} -L . -q -s p"),
        ("/bin/rbash -e", "bash -e p"),
        ("/usr/bin/dc -e 5 -f", "env LD_PRELOAD=/usr/local/lib/gistrun/errors.so dc -e 5 -f p"),
        ("/usr/bin/dc", "env LD_PRELOAD=/usr/local/lib/gistrun/errors.so dc -f p"),
        ("/usr/bin/env -S hy --spy", "hy --spy p"),
        ("/usr/bin/env -S fennel --lua lua5.4", "fennel --lua lua5.4 p"),
        ("/usr/bin/env -S janet -m lib", "stdbuf -oL janet -m lib p"),
        ("/usr/bin/rexx -t", "stdbuf -oL regina -t p"),
        ("/usr/bin/z3 -T:5", "z3 -smt2 -T:5 p"),
        ("/usr/bin/a68g --strict --script", "a68g --quiet --strict --script p"),
        ("/usr/bin/a68g --strict", "a68g --quiet --strict --script p"),
        ("/usr/bin/perl -w # -*-perl-*-", "perl -MUnbuffered -w p"),
        ("/usr/bin/perl -w -- # -*- perl -*-", "perl -MUnbuffered -w p"),
        ("/usr/bin/perl -l -w #! perl", "perl -MUnbuffered -l -w p"),
        ("/usr/bin/perl -w -*- perl -*-", "perl -MUnbuffered -w p"),
        ("/usr/bin/ruby -w #hello", "ruby -r/usr/local/lib/unbuffered.rb -w p"),
        ("/usr/bin/env -S awk -F '#' -f", "stdbuf -oL gawk -F # -f p"),
    ],
)
def test_the_interpreter_gets_what_the_line_says(line: str, expected: str) -> None:
    assert " ".join(run(f"#!{line}\n")) == expected


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("#!/usr/bin/guile -e main -s\n!#", "-e main -s p"),
        ("#!/usr/bin/guile \\\n-e main -s\n!#", "-e main -s p"),
        ("#!/usr/bin/guile \\\n--no-debug\n!#", "--no-debug -s p"),
        (SH + 'exec guile -e "(@ (day) main)" -s "$0" "$@"\n!#', "-e (@ (day) main) -s p"),
        (SH + "eval 'exec perl -x -wS $0 ${1+\"$@\"}'\n  if 0;\n#!perl", "-x -wS ./p"),
        ("#!/usr/bin/env nix-shell\n#! nix-shell -i 'perl -w' -p perl\n", "-w p"),
    ],
)
def test_options_may_stand_in_other_lines(text: str, ends: str) -> None:
    assert " ".join(run(text)).endswith(f" {ends}")


def test_a_compiler_gets_only_what_it_knows() -> None:
    def compile_line(text: str, name: str) -> tuple[str, ...]:
        program = choose(Gist("1", "0" * 40, (GistFile(name, text.encode()),)), Request(), KNOWN)
        return commands(KNOWN[program.language], program, PLACES, VARIABLES)[0]

    assert compile_line("#!/usr/bin/tcc -DN=1 -run -lm\n", "p.c")[3:] == ("-DN=1", "-lm", "p.c")
    assert compile_line("#!/usr/bin/env runghc -XLambdaCase -isrc\n", "p.hs")[2:] == ("p.hs", "-XLambdaCase")
    assert compile_line("#!/usr/bin/env stack\n-- stack script\n", "p.hs")[2:] == ("p.hs",)
    assert compile_line("#!/usr/bin/env -S java -ea -cp x --enable-preview --source 21\n", "p.java")[3:] == (
        "-ea",
        "--enable-preview",
        "--source",
        "21",
    )
    assert compile_line("#!/usr/bin/env -S swift -D DEBUG -O -frob x\n", "p.swift")[2:6] == ("-D", "DEBUG", "-O", "--")
    assert compile_line("#!/usr/bin/env -S ocaml -open Printf -I x\n", "p.ml")[3:] == ("-open", "Printf")
    assert compile_line("#!/usr/bin/env -S rdmd -version=Foo --compiler=dmd\n", "p.d")[3:] == ("-version=Foo",)
    assert compile_line("#!/usr/bin/env -S dart run --enable-asserts\n", "p.dart")[3:] == ("--enable-asserts",)
    assert compile_line("#!/usr/bin/env -S npx ts-node -T\n", "p.ts")[3:] == ("ts-node", "-T")
    assert compile_line("#!/usr/bin/env -S node --experimental-strip-types\n", "p.ts")[3:] == ("node",)
    assert compile_line("let x: number\n", "p.ts")[3:] == ("",)
    line = compile_line("#!/usr/bin/env -S nim r -d:release --hints:off\n", "p.nim")
    assert line[-2:] == ("p.nim", "-d:release")


@pytest.mark.parametrize(
    ("line", "ends"),
    [
        ("deno run -A --location http://a.example/", "run --location http://a.example/ p"),
        ("deno run --allow-net --v8-flags=--expose-gc --deny-read", "run --v8-flags=--expose-gc --deny-read p"),
        ("bun run --define X:5", "run --define X:5 p"),
        ("bun --hot --preload ./q.js", "run --preload ./q.js p"),
        ("groovy -D x=5 -cp y", "GroovyMain -D x=5 p"),
        ("java -ea -Dx=5 -cp y", "run-java /build 256 -ea -Dx=5 --"),
        ("coffee --nodejs --stack-size=2000", "run-coffee p --nodejs --stack-size=2000 p"),
    ],
)
def test_what_a_runtime_is_told_on_the_line(line: str, ends: str) -> None:
    words = " ".join(run(f"#!/usr/bin/env -S {line}\n"))
    for ours in ("--allow-all", "--no-remote", "--node-modules-dir=manual", "--unstable-detect-cjs"):
        words = words.replace(f"{ours} ", "")
    words = words.replace("--unstable-sloppy-imports --v8-flags=--max-old-space-size=256 ", "")
    shown = words.replace("groovy.ui.", "").replace("p.groovy", "p").replace("p.java", "p").replace("p.coffee", "p")
    assert f" {shown}".endswith(ends)


def test_the_environment_reaches_a_compiled_program() -> None:
    assert run("#!/usr/bin/env -S A=b runghc\n", "p.hs") == ("env", "A=b", "/build/program")
