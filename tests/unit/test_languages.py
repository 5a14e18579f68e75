"""Which file of a gist is run, as what, and with which arguments."""

from __future__ import annotations

import ast
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun import languages
from gistrun.errors import BadInput, NothingToRun, SetupError
from gistrun.languages import choose, language_of
from gistrun.languages.commands import FILE, OPTIONS, argv, commands
from gistrun.model import Gist, GistFile, Program, Request

KNOWN = languages.load()


def gist(*names: str, **content: bytes) -> Gist:
    files = tuple(GistFile(name, b"") for name in names)
    return Gist("1", "0" * 40, files + tuple(GistFile(name, text) for name, text in content.items()))


def chosen(found: Gist, file: str | None = None) -> tuple[str, str]:
    program = choose(found, Request(file), KNOWN)
    return program.file, program.language


def language(name: str, content: bytes = b"", word: str | None = None) -> str | None:
    found = language_of(GistFile(name, content, word), KNOWN)
    return found.name if found else None


# Which file


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("a.py",), "a.py"),
        (("README.md", "z.py"), "z.py"),
        (("z.py", "a.py"), "z.py"),
        (("a.py", "main.py"), "main.py"),
        (("a.py", "Main.go"), "Main.go"),
        (("a.py", "index.js"), "index.js"),
        (("index.js", "main.py"), "main.py"),
        (("main.txt", "index.html", "a.rb"), "a.rb"),
        (("main.c", "main.py"), "main.c"),
        (("domain.py", "reindex.js"), "domain.py"),
    ],
)
def test_the_entry_file_is_chosen_by_the_written_rule(names: tuple[str, ...], expected: str) -> None:
    assert chosen(gist(*names))[0] == expected


def test_a_shebang_makes_a_file_runnable_whatever_it_is_called() -> None:
    assert chosen(gist("notes.txt", program=b"#!/usr/bin/env python3\nprint(1)")) == ("program", "python")


def test_the_visitor_may_name_another_file() -> None:
    assert chosen(gist("main.py", "b.sh"), "b.sh") == ("b.sh", "bash")


def test_a_missing_file_is_reported_with_the_files_there_are() -> None:
    with pytest.raises(BadInput, match=r"no file 'c\.py'; it has 'a\.py', 'b\.py'"):
        chosen(gist("a.py", "b.py"), "c.py")


def test_a_named_file_in_no_language_is_reported() -> None:
    with pytest.raises(NothingToRun, match=r"'README\.md'"):
        chosen(gist("README.md", "a.py"), "README.md")


@pytest.mark.parametrize("names", [(), ("README.md",), ("main.txt", "index.html"), (".py.txt",)])
def test_a_gist_with_nothing_to_run_is_reported(names: tuple[str, ...]) -> None:
    with pytest.raises(NothingToRun):
        chosen(gist(*names))


# As what


@pytest.mark.parametrize(
    ("first_line", "expected"),
    [
        (b"#!/bin/sh", "sh"),
        (b"#!/bin/bash -e", "bash"),
        (b"#! /usr/bin/python", "python"),
        (b"#!/usr/bin/python3.11", "python"),
        (b"#!/usr/bin/env node", "javascript"),
        (b"#!/usr/bin/env -S python3 -u", "python"),
        (b"#!/usr/bin/env PATH=/x ruby", "ruby"),
        (b"#!/usr/bin/env -Spython3 -O", "python"),
        (b"#!/usr/bin/env --split-string=python3 -O", "python"),
        (b"#!/usr/bin/env -u HOME ruby", "ruby"),
        (b"#!/usr/bin/env -i", None),
        (b"\xef\xbb\xbf#!/usr/bin/env ruby", "ruby"),
        (b"#!/usr/bin/env python\r", "python"),
        (b"#!", None),
        (b"#!   ", None),
        (b"#!/usr/bin/env", None),
        (b"#!/usr/bin/unheard-of", None),
        (b" #!/bin/sh", None),
        (b"#!/\xff\xfe/python", "python"),
        (b"#!" + b"x" * 5000, None),
    ],
)
def test_a_shebang_names_the_language(first_line: bytes, expected: str | None) -> None:
    assert language("file", first_line + b"\nrest") == expected


def test_a_shebang_goes_before_the_extension_if_its_interpreter_is_known() -> None:
    assert language("a.py", b"#!/bin/bash\n") == "bash"
    assert language("a.py", b"#!/usr/bin/unheard-of\n") == "python"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("a.py", "python"),
        ("A.PY", "python"),
        ("a.b.mjs", "javascript"),
        ("a.cc", "cpp"),
        ("a.c++", "cpp"),
        ("a.h", None),
        ("a.", None),
        ("py", None),
        (".py", None),
        ("", None),
    ],
)
def test_an_extension_names_the_language(name: str, expected: str | None) -> None:
    assert language(name) == expected


def test_githubs_word_counts_whatever_the_extension() -> None:
    assert language("deploy", word="Shell") == "bash"
    assert language("notes.txt", word="Shell") == "bash"


@given(st.text(max_size=30), st.binary(max_size=60), st.sampled_from([None, "Python", "Text"]))
def test_any_file_has_a_known_language_or_none(name: str, content: bytes, word: str | None) -> None:
    assert language_of(GistFile(name, content, word), KNOWN) in (None, *KNOWN.values())


# With which arguments


def program(entry: str, *files: GistFile) -> Program:
    return Program("c", entry, files)


def test_the_entry_file_and_its_stem_are_put_in() -> None:
    template = ("cc", "{file}", "-o", "{build}/{stem}.out")
    made = argv(KNOWN["c"], template, program("a.c", GistFile("a.c", b"")), {"build": "/build"})
    assert made == ("cc", "a.c", "-o", "/build/a.out")


def test_sources_are_the_entry_and_what_is_no_program_of_its_own() -> None:
    files = (
        GistFile("util.c", b"int add(int a, int b) { return a + b; }"),
        GistFile("main.c", b"int main(void) { return add(1, 2); }"),
        GistFile("other.c", b"int\nmain (void) {}"),
        GistFile("util.h", b""),
        GistFile("UPPER.C", b""),
    )
    made = argv(KNOWN["c"], ("cc", "{sources}"), program("main.c", *files), {"build": "/build"})
    assert made == ("cc", "main.c", "util.c", "UPPER.C")


def test_sources_leave_out_tests() -> None:
    files = (GistFile("a.go", b"func main() {}"), GistFile("b.go", b""), GistFile("b_test.go", b"func TestB("))
    assert KNOWN["go"].sources(program("a.go", *files)) == ["a.go", "b.go"]


@pytest.mark.parametrize(
    ("name", "line", "made"),
    [
        ("bash", "#!/bin/bash -e", ["bash", "-e", "p"]),
        ("bash", "#!/usr/bin/env -S bash -euo pipefail", ["bash", "-euo", "pipefail", "p"]),
        ("bash", "#!/bin/sh -e", ["bash", "p"]),
        ("awk", "#!/usr/bin/awk -f", ["stdbuf", "-oL", "gawk", "-f", "p"]),
        ("awk", "#!/usr/bin/awk -F: -f", ["stdbuf", "-oL", "gawk", "-F:", "-f", "p"]),
        ("make", "#!/usr/bin/make -sf", ["make", "-sf", "p"]),
        # An interpreter that is started already has its options.
        ("python", "#!/usr/bin/python3 -O", ["env", "python3", "-O", "p"]),
        ("python", "#!/usr/bin/python3", ["python3", "p"]),
    ],
)
def test_the_options_of_a_shebang_are_passed_on(name: str, line: str, made: list[str]) -> None:
    _, run = commands(KNOWN[name], program("p", GistFile("p", line.encode())), {}, {})
    assert list(run) == made


def test_options_stand_before_the_file() -> None:
    for language in KNOWN.values():
        for version in language.versions:
            if OPTIONS in version.run and FILE in version.run:
                assert OPTIONS in version.run[: len(version.run) - 1 - version.run[::-1].index(FILE)], language.name


def test_a_file_name_is_never_an_option() -> None:
    files = (GistFile("-o.c", b""), GistFile("--help.c", b""))
    assert argv(KNOWN["c"], ("cc", "{file}", "{sources}"), program("-o.c", *files), {"build": "/build"}) == (
        "cc",
        "./-o.c",
        "./-o.c",
        "./--help.c",
    )


def test_only_the_languages_asked_for_are_loaded() -> None:
    assert list(languages.load(("ruby", "bash"))) == ["bash", "ruby"]
    with pytest.raises(SetupError, match="GISTRUN_LANGUAGES names 'nothing'"):
        languages.load(("nothing",))


@pytest.mark.parametrize(
    ("name", "argument"),
    [("-x.c", "./-x.c"), ("@x.c", "./@x.c"), ("{stem}.c", "{stem}.c"), ("a{file}.c", "a{file}.c"), ("a b.c", "a b.c")],
)
def test_a_name_is_an_argument_as_it_is_and_never_an_option(name: str, argument: str) -> None:
    program = Program("c", name, (GistFile(name, b"int main(void) {}"),))
    assert argument in argv(KNOWN["c"], KNOWN["c"].compile, program, {"build": "/build"})
    python = Program("python", name, (GistFile(name, b""),))
    assert argv(KNOWN["python"], KNOWN["python"].run, python, {"build": "/build"}) == ("python3", argument)


# The names of languages


def test_no_module_names_a_language() -> None:
    package = languages.IMAGES.parent / "gistrun"
    named = [
        (path.relative_to(package).as_posix(), node.lineno, node.value)
        for path in package.rglob("*.py")
        if "packages" not in path.parts  # an ecosystem is a module, and has its own name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        # The shell that starts commands of ours is no language of a gist.
        if isinstance(node, ast.Constant) and node.value in KNOWN.keys() - {"sh"}
    ]
    assert named == []


def test_the_languages_with_an_order_come_first_and_the_lowest_leads() -> None:
    ordered = {name: replace(KNOWN["c"], name=name, order=order) for name, order in [("x", 7), ("y", None), ("z", 2)]}
    assert languages.first(ordered) == ["z", "x"]
    assert languages.first({}) == []


def test_one_language_can_check_the_policy_from_inside() -> None:
    shell = languages.probe(KNOWN)
    assert shell
    assert [language for language in KNOWN.values() if language.probe] == [shell]
    without = {name: language for name, language in KNOWN.items() if name != shell.name}
    assert languages.probe(without) is None
