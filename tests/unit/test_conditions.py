"""What a compiler leaves out, as far as the choice of a file needs to know."""

from __future__ import annotations

import pytest

from gistrun import languages
from gistrun.languages.conditions import Condition, Conditions
from gistrun.model import GistFile

KNOWN = languages.load(("c", "cpp", "go"))
MAIN = "int main(void) {}"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("no", False),
        ("!yes", False),
        ("yes && !no", True),
        ("no || no || yes", True),
        ("no && (yes || yes)", False),
        ("!(no || no)", True),
        ("1", True),
        ("0", False),
        ("defined yes", True),
        ("defined(no) || defined ( yes )", True),
        ("!defined(yes)", False),
        ("yes >= 3", None),
        ("yes >= 3 && no", False),
        ("call(yes, no) || yes", True),
        ("call(yes || no)", None),
        ("", None),
        ("yes" * 200, None),
        ("(" * 150, None),
    ],
)
def test_a_condition(text: str, value: bool | None) -> None:
    assert Condition(text, lambda word: word in ("yes", "1"), lambda word: word == "yes").value is value


def test_any_condition_ends() -> None:
    for text in ("(", ")", "!", "&&", "|| ||", "defined", "defined(", "(" * 40, "!" * 40, "a ) b ( c"):
        assert Condition(text, lambda _word: True).value in (True, False, None)


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        (MAIN, True),
        ("main(argc, argv)\n    char **argv;\n{", True),
        ("auto main(int argc, char **argv) -> int\n{", True),
        ("extern int main(void);\nint f(void) { return 1; }", False),
        ("int f(void) { if (main()) return main(); }", False),
        ("int App::main() {}", False),
        ("int f(void) { q.main(1); p->main(2); { } }", False),
        (f"#if 0\n{MAIN}\n#endif", False),
        (f"#if 1\n{MAIN}\n#else\n#endif", True),
        (f"#if 1\n#else\n{MAIN}\n#endif", False),
        (f"#if 0\n#elif 1\n{MAIN}\n#endif", True),
        (f"#if 1\n#elif 1\n{MAIN}\n#endif", False),
        (f"#if defined(TEST)\n{MAIN}\n#endif", False),
        (f"#if DEBUG\n{MAIN}\n#endif", False),
        (f"#define DEBUG 1\n#if DEBUG\n{MAIN}\n#endif", True),
        (f"#define DEBUG 0\n#if DEBUG\n{MAIN}\n#endif", False),
        (f"#ifndef LIB\n{MAIN}\n#endif", True),
        (f"#define LIB\n#ifndef LIB\n{MAIN}\n#endif", False),
        (f"#define LIB\n#undef LIB\n#ifndef LIB\n{MAIN}\n#endif", True),
        (f"#ifdef _WIN32\n{MAIN}\n#endif", False),
        (f"#ifdef __linux__\n{MAIN}\n#endif", True),
        (f"#ifdef _WIN32\n#if 1\n{MAIN}\n#endif\n#endif", False),
        (f"#if 0\n#define X\n#endif\n#ifdef X\n{MAIN}\n#endif", False),
        (f"#if __STDC_VERSION__ >= 201112L\n{MAIN}\n#endif", True),
        (f"#endif\n#else\n{MAIN}", True),
        (f"#define BEGIN {MAIN}", False),
        (f"#define BEGIN \\\n{MAIN}", False),
        (f"// a comment \\\n{MAIN}", False),
        (f'char *s = "\\\n{MAIN}";', False),
        (f"/* {MAIN} */", False),
    ],
)
def test_where_a_program_begins(source: str, begins: bool) -> None:
    assert KNOWN["c"].begins(GistFile("a.c", source.encode())) is begins
    assert KNOWN["cpp"].begins(GistFile("a.cpp", source.encode())) is begins


def test_a_raw_string_has_no_main() -> None:
    assert not KNOWN["cpp"].begins(GistFile("a.cpp", b'auto s = R"(\nint main() {}\n)";'))


@pytest.mark.parametrize(
    ("name", "source", "left_out"),
    [
        ("a.go", "package main", False),
        ("a.go", "//go:build ignore\n\npackage main", True),
        ("a.go", "//go:build linux && amd64", False),
        ("a.go", "//go:build !windows", False),
        ("a.go", "//go:build (darwin || windows) && !cgo", True),
        ("a.go", "//go:build go1.18", False),
        ("a.go", "// +build ignore", True),
        ("a.go", "// +build linux,386 darwin", True),
        ("a.go", "// +build darwin linux", False),
        ("a.go", "// +build linux\n// +build !amd64", True),
        ("a_linux.go", "", False),
        ("a_windows.go", "", True),
        ("a_windows_test.go", "", True),
        ("a_linux_arm64.go", "", True),
        ("windows.go", "", False),
    ],
)
def test_what_is_left_out(name: str, source: str, left_out: bool) -> None:
    assert KNOWN["go"].conditions.leave_out(name, source) is left_out


def test_a_language_without_conditions_leaves_out_nothing() -> None:
    assert Conditions().kept("#if 0\na\n#endif") == "#if 0\na\n#endif"
    assert not Conditions().leave_out("a_windows.go", "//go:build ignore")
