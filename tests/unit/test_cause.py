"""What ended a program, as its output says it: the kind of error, its words, and the innermost place of the gist."""

from __future__ import annotations

import time

import pytest

from gistrun.render.cause import cause

NAMES = [
    f"main.{suffix}" for suffix in ("py", "js", "rb", "go", "rs", "c", "php", "pl", "lua", "sh", "hs", "cs", "dart")
]
NAMES += ["main.exs", "main.ts", "main.ml", "main.jl", "main.swift", "helper.py", "Main.java", "my file.py"]
PYTHON = """before
Traceback (most recent call last):
  File "/sandbox/gist/main.py", line 9, in <module>
    helper.f()
  File "/sandbox/gist/helper.py", line 3, in f
    json.loads("{")
  File "/usr/lib/python3.14/json/__init__.py", line 346, in loads
json.decoder.JSONDecodeError: Expecting value: line 1
"""
CHAINED = (
    """Traceback (most recent call last):
  File "main.py", line 1, in <module>
KeyError: 'a'

During handling of the above exception, another exception occurred:

"""
    + PYTHON
)
GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/sandbox/gist/main.py", line 9, in <module>
  | ExceptionGroup: two (1 sub-exception)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "/sandbox/gist/main.py", line 4, in f
    | ValueError: one
    +------------------------------------
"""
NODE = """/sandbox/gist/main.js:2
  throw new TypeError("no");
  ^

TypeError: no
    at f (/sandbox/gist/main.js:2:9)
    at Object.<anonymous> (/sandbox/gist/main.js:4:1)
    at Module._compile (node:internal/modules/cjs/loader:1554:14)

Node.js v24.1.0
"""
JAVA = """Exception in thread "main" java.lang.RuntimeException: outer
\tat Main.main(Main.java:12)
Caused by: java.lang.IllegalStateException: middle
\tat java.base/java.util.List.of(List.java:1)
\tat Main.g(Main.java:8)
\t... 1 more
Caused by: java.lang.ArithmeticException: / by zero
\tat Main.f(Main.java:3)
\tat Main.g(Main.java:6)
\t... 2 more
"""
GO = """panic: runtime error: index out of range [5] with length 3

goroutine 1 [running]:
main.f(...)
\t/sandbox/gist/main.go:4
main.main()
\t/sandbox/gist/main.go:8 +0x1d
exit status 2
"""
PHP = """PHP Fatal error:  Uncaught InvalidArgumentException: bad in /sandbox/gist/main.php:3
Stack trace:
#0 /sandbox/gist/main.php(6): f()
#1 {main}
  thrown in /sandbox/gist/main.php on line 3
"""
LUA = """lua: main.lua:2: attempt to index a nil value
stack traceback:
\t[C]: in function 'error'
\tmain.lua:5: in main chunk
\t[C]: in ?
"""
HASKELL = """main: Prelude.!!: index too large
CallStack (from HasCallStack):
  error, called at libraries/base/GHC/List.hs:1368:14 in base:GHC.List
  !!, called at main.hs:3:15 in main:Main
"""
RUBY = """main.rb:3:in 'Integer': invalid value for Integer(): "x" (ArgumentError)
\tfrom main.rb:3:in 'f'
\tfrom main.rb:6:in '<main>'
"""
INNER = """No such file: not an error of the program
<internal:kernel>:288:in 'Kernel#Integer': invalid value for Integer(): "x" (ArgumentError)
\tfrom main.rb:2:in 'Object#f'
\tfrom main.rb:4:in '<main>'
"""
RUST = """
thread 'main' (17) panicked at main.rs:3:5:
index out of bounds: the len is 3
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace
"""
CSHARP = """Unhandled exception. System.InvalidOperationException: no
   at Program.F() in /sandbox/gist/main.cs:line 4
   at Program.Main() in /sandbox/gist/main.cs:line 9
"""
DART = """Unhandled exception:
FormatException: bad
#0      f (file:///sandbox/gist/main.dart:3:3)
#1      main (file:///sandbox/gist/main.dart:7:3)
"""
ELIXIR = """** (RuntimeError) boom
    main.exs:3: (file)
    (elixir 1.18.1) lib/code.ex:1525: Code.require_file/2
"""
JULIA = """ERROR: LoadError: DivideError: integer division error
Stacktrace:
 [1] div
   @ ./int.jl:295 [inlined]
 [2] top-level scope
   @ /sandbox/gist/main.jl:3
"""
GCC = """main.c: In function 'main':
main.c:2:9: warning: unused variable 'a' [-Wunused-variable]
    2 |     int a;
main.c:5:17: error: expected ';' before '}' token
    5 |     puts("hello")
      |                 ^
main.c:9:1: error: another
"""


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (PYTHON, ("helper.py", 3, "JSONDecodeError", "Expecting value: line 1")),
        (CHAINED, ("helper.py", 3, "JSONDecodeError", "Expecting value: line 1")),
        (GROUP, ("main.py", 4, "ValueError", "one")),
        (
            '  File "main.py", line 3\n    foo(\n       ^\nSyntaxError: never closed',
            ("main.py", 3, "SyntaxError", "never closed"),
        ),
        ('Traceback (most recent call last):\n  File "main.py", line 3, in f\nBoom', ("main.py", 3, "Boom", "")),
        (NODE, ("main.js", 2, "TypeError", "no")),
        (
            "/sandbox/gist/main.js:2\nlet 1;\n    ^\n\nSyntaxError: Invalid\n    at wrap (node:vm:9:3)\n",
            ("main.js", 2, "SyntaxError", "Invalid"),
        ),
        (JAVA, ("Main.java", 3, "ArithmeticException", "/ by zero")),
        (JAVA[: JAVA.index("Caused")], ("Main.java", 12, "RuntimeException", "outer")),
        ('Exception in thread "main" Boom: x\n\tat Main.f(Main.java:3)\n', ("Main.java", 3, "Boom", "x")),
        (GO, ("main.go", 4, "Panic", "runtime error: index out of range [5] with length 3")),
        (PHP, ("main.php", 3, "InvalidArgumentException", "bad")),
        (LUA, ("main.lua", 2, "Error", "attempt to index a nil value")),
        (HASKELL, ("main.hs", 3, "Error", "main: Prelude.!!: index too large")),
        (RUBY, ("main.rb", 3, "ArgumentError", 'invalid value for Integer(): "x"')),
        (INNER, ("main.rb", 2, "ArgumentError", 'invalid value for Integer(): "x"')),
        ("No such file: error\n" + LUA, ("main.lua", 2, "Error", "attempt to index a nil value")),
        ("An error\n" + HASKELL, ("main.hs", 3, "Error", "main: Prelude.!!: index too large")),
        (RUST, ("main.rs", 3, "Panic", "index out of bounds: the len is 3")),
        (CSHARP, ("main.cs", 4, "InvalidOperationException", "no")),
        (DART, ("main.dart", 3, "FormatException", "bad")),
        (ELIXIR, ("main.exs", 3, "RuntimeError", "boom")),
        (JULIA, ("main.jl", 3, "DivideError", "integer division error")),
        ("out\nboom at main.pl line 3.\n", ("main.pl", 3, "Error", "boom")),
        ("/sandbox/gist/main.sh: line 3: foo: command not found\n", ("main.sh", 3, "Error", "foo: command not found")),
        ("main.ts(3,5): error TS2322: Type 'x' is not\n", ("main.ts", 3, "Error", "Type 'x' is not")),
        (
            'File "main.ml", line 3, characters 8-13:\n3 | let x\n        ^^^^^\nError: Unbound value y\n',
            ("main.ml", 3, "Error", "Unbound value y"),
        ),
        ("main.swift:3: Fatal error: Division by zero\n", ("main.swift", 3, "Error", "Division by zero")),
        ("nothing\nhere: 3\n", None),
        ("", None),
    ],
)
def test_the_end_of_a_program_is_understood(output: str, told: tuple[str, int, str, str] | None) -> None:
    found = cause(output, NAMES)
    assert (found and (found.place.file, found.place.line, found.kind, found.words)) == told


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (GCC, ("main.c", 5, "Error", "expected ';' before '}' token")),
        ("main.c:1:10: fatal error: foo.h: No such file\n", ("main.c", 1, "Error", "foo.h: No such file")),
        (
            "./main.go:4:2: declared and not used: x\n./main.go:5:2: b\n",
            ("main.go", 4, "Error", "declared and not used: x"),
        ),
        (
            "error[E0425]: cannot find value `x`\n --> main.rs:2:5\n  |\n2 |     x\n  |     ^\n",
            ("main.rs", 2, "Error", "cannot find value `x`"),
        ),
        ("main.hs:3:5: error: [GHC-83865]\n    • Couldn't match\n", ("main.hs", 3, "Error", "Couldn't match")),
        ("main.c:2:9: warning: a\n", ("main.c", 2, "Warning", "a")),
    ],
)
def test_the_first_error_of_a_compiler_is_told(output: str, told: tuple[str, int, str, str]) -> None:
    found = cause(output, NAMES, compiling=True)
    assert (found and (found.place.file, found.place.line, found.kind, found.words)) == told


def test_what_is_long_is_cut() -> None:
    found = cause("main.c:1:1: error: " + "x" * 5000, NAMES, compiling=True)
    assert found
    assert len(found.words) <= 240


@pytest.mark.parametrize(
    "piece",
    [
        " ",
        "a:",
        "(",
        "main.py:1 ",
        "in '",
        "Uncaught ",
        "\t",
        "[|",
        "^",
        "Caused by\n",
        "A.",
        "| ",
        "(most recent call last\n",
        "at ",
    ],
)
def test_no_output_takes_long(piece: str) -> None:
    output = (piece * (16 * 1024))[: 16 * 1024] + "\nmain.py:3\n" + (piece * 20 + "\nmain.py:3: x\n") * 300
    began = time.process_time()
    for compiling in (False, True):
        cause(output, NAMES, compiling=compiling)
    assert time.process_time() - began < 1
