"""What runs, as docs/what-runs.md tells it: one line for each rule."""

from __future__ import annotations

import contextlib
import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun import languages
from gistrun.errors import BadInput, NothingToRun, Refused
from gistrun.languages import gisttoml
from gistrun.languages.content import ALTOGETHER, LOOKED_AT, beginnings
from gistrun.languages.requirement import satisfies
from gistrun.model import Gist, GistFile, Program, Request
from tests.unit import tedious

KNOWN = languages.load()
DOCUMENT = (Path(__file__).resolve().parents[2] / "docs" / "what-runs.md").read_text(encoding="utf-8")


def a_gist(files: dict[str, str], description: str | None = None, words: dict[str, str] | None = None) -> Gist:
    made = tuple(GistFile(name, body.encode(), (words or {}).get(name)) for name, body in files.items())
    return Gist("g", "1" * 40, made, description=description)


def chosen(files: dict[str, str], description: str | None = None, **request: object) -> Program:
    return languages.choose(a_gist(files, description), Request(**request), KNOWN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("files", "description", "entry"),
    [
        ({"a.py": "", "b.py": ""}, None, "a.py"),
        ({"a.py": "", "main.py": ""}, None, "main.py"),
        ({"app.js": "", "index.js": ""}, None, "index.js"),
        ({"a.js": "", "app.js": ""}, None, "app.js"),
        ({"A.java": "", "Main.java": ""}, None, "Main.java"),
        ({"main.py": "", "tool.py": "#!/usr/bin/env python3\n"}, None, "tool.py"),
        ({"a.py": "", "b.py": ""}, "run b.py to see it", "b.py"),
        ({"a.py": "", "b.py": ""}, "run sub.py to see it", "a.py"),
        ({"answer.py": "VALUE = 42", "program.py": "import answer"}, None, "program.py"),
        ({"a.py": "import b", "b.py": "import a"}, None, "a.py"),
        ({"answer.js": "", "run.js": "const a = require('./answer.js')"}, None, "run.js"),
        ({"answer.rb": "", "run.rb": "require_relative 'answer'"}, None, "run.rb"),
        ({"mathlib.py": "", "test_mathlib.py": "import mathlib\ndef test_a(): pass"}, None, "test_mathlib.py"),
        ({"answer.c": "int f(void);", "program.c": "int main(void) {}"}, None, "program.c"),
        ({"Makefile": "all:", "program.c": "int main(void) {}"}, None, "program.c"),
        ({"Makefile": "all:", "notes.txt": ""}, None, "Makefile"),
        ({"gist.toml": 'file = "b.py"', "a.py": "", "b.py": ""}, None, "b.py"),
        ({"gist.toml": 'language = "ruby"', "a.py": "", "b.rb": ""}, None, "b.rb"),
        ({"b.py": "X = 1", "run.py": "from . import b"}, None, "run.py"),
        ({"b.py": "X = 1", "run.py": "from .b import X"}, None, "run.py"),
        ({"b.py": "X = 1", "run.py": "import os, b as c"}, None, "run.py"),
        ({"setup.py": "import fib", "fib.py": ""}, None, "fib.py"),
        ({"webpack.config.js": "", "x.js": ""}, None, "x.js"),
        ({"index.js": "", "cli.js": "", "package.json": '{"main": "./cli.js"}'}, None, "cli.js"),
        ({"index.js": "", "cli.js": "", "package.json": '{"main": "none.js"}'}, None, "index.js"),
        ({"a.py": "", "fibonacci.py": ""}, "Fibonacci numbers", "fibonacci.py"),
        ({"stack.c": "int f;", "try.c": "int main(void) {}"}, "A stack", "try.c"),
        ({"half.c": "#define X \\\n main()", "program.c": "int main(void) {}"}, None, "program.c"),
        ({"half.c": "/* called by main( */", "program.c": "int main(void) {}"}, None, "program.c"),
        ({"half.c": "#ifdef TEST\nint main(void) {}\n#endif", "p.c": "int main(void) {}"}, None, "p.c"),
        ({"sum.go": "package sum", "sum_test.go": "package sum\nfunc TestSum(t *testing.T) {}"}, None, "sum_test.go"),
        ({"main.go": "func main() {}", "sum_test.go": "func TestSum(t *testing.T) {}"}, None, "main.go"),
        ({"a.c": "#if defined(TEST)\nint main(void) {}\n#endif", "b.c": "int main(void) {}"}, None, "b.c"),
        (
            {
                "gen.go": "//go:build ignore\n\npackage main\nfunc main() {}",
                "sum.go": "package sum",
                "sum_test.go": "package sum\nfunc TestSum(t *testing.T) {}",
            },
            "gen.go writes tables",
            "sum_test.go",
        ),
        ({"a_windows.go": "func main() {}", "b.go": "func main() {}"}, None, "b.go"),
        ({"main.go": "//go:build ignore\n", "other.go": "func main() {}"}, None, "other.go"),
        ({"a.go": "//go:build ignore\nfunc main() {}", "b.txt": ""}, None, "a.go"),
        ({"helper.rs": "pub fn f() {}", "run.rs": "mod helper;\nfn main() {}"}, None, "run.rs"),
        ({"helper.rs": "// fn main() {}", "run.rs": "mod helper;\nfn main() {}"}, None, "run.rs"),
        ({"a_unit.pas": "unit A_Unit;", "prog.pas": "program p;\nuses A_Unit;"}, None, "prog.pas"),
        ({"a_unit.pas": "unit A_Unit;", "prog.pas": "uses a_unit;\nbegin end."}, None, "prog.pas"),
        ({"a.ads": "package A is", "b.adb": "with A;\nprocedure B is"}, None, "b.adb"),
        ({"a.d": "module a;", "b.d": "import a;\nvoid main() {}"}, None, "b.d"),
        ({"a.zig": "pub fn f() void {}", "b.zig": "pub fn main() void {}"}, None, "b.zig"),
        ({"A.hs": "module A where", "b.hs": "import A\nmain = print 1"}, None, "b.hs"),
        ({"a.ml": "let x = 1", "b.ml": "let () = print_int A.x"}, None, "b.ml"),
        ({"a.lua": "return {}", "b.lua": "local a = require('a')"}, None, "b.lua"),
        ({"a.php": "", "b.php": "require_once __DIR__ . '/a.php';"}, None, "b.php"),
        ({"A.pm": "", "b.pl": "use A;\n"}, None, "b.pl"),
        ({"a.R": "", "b.R": 'source("a.R")'}, None, "b.R"),
        ({"a.nim": "", "b.nim": "import strutils, a"}, None, "b.nim"),
        ({"a.cr": "", "b.cr": 'require "./a"'}, None, "b.cr"),
        ({"a.sml": "", "b.sml": 'use "a.sml";'}, None, "b.sml"),
        ({"a.tcl": "", "b.tcl": "source [file join [file dirname [info script]] a.tcl]"}, None, "b.tcl"),
        ({"a.sh": "", "b.sh": '. "$(dirname "$0")/a.sh"'}, None, "b.sh"),
        ({"a.rkt": "", "b.rkt": '(require "a.rkt")'}, None, "b.rkt"),
        ({"a.lisp": "", "b.lisp": '(load "a.lisp")'}, None, "b.lisp"),
        ({"README.md": ">>> 1\n1", "a.py": ""}, None, "a.py"),
        ({"lib.sh": "#!/bin/bash\n", "main.sh": "#!/bin/bash\n"}, None, "main.sh"),
        ({"lib.sh": "#!/bin/bash\n", "run.sh": "#!/bin/bash\n. ./lib.sh"}, None, "run.sh"),
        ({"a.sh": "#!/bin/bash\n", "b.sh": "#!/bin/bash\n"}, "run b.sh", "b.sh"),
        ({"a.py": "#!/usr/bin/python3\n", "b.py": "#!/usr/bin/python3\nif __name__ == '__main__': 1"}, None, "b.py"),
        ({"__init__.py": "", "tool.py": "print(1)"}, None, "tool.py"),
        ({"aaa.clj": "(ns aaa)", "zed.clj": "(ns zed\n  (:require [aaa :as a]))"}, None, "zed.clj"),
        ({"aaa.clj": "(ns aaa)", "zed.clj": "(ns zed (:require [clojure.string]\n  [aaa]))"}, None, "zed.clj"),
        ({"aaa.clj": "", "zed.clj": '(load-file "aaa.clj")'}, None, "zed.clj"),
        ({"aaa.erl": "-module(aaa).\nf() -> 1.", "zed.erl": "-module(zed).\nmain(_) -> aaa:f()."}, None, "zed.erl"),
        ({"aaa.ex": "defmodule Aaa do\nend", "run.exs": "IO.puts Aaa.f()"}, None, "run.exs"),
        ({"aaa.py": "def f(): pass", "zzz.py": 'if __name__ == "__main__":\n  f()'}, None, "zzz.py"),
        ({"Aaa.cs": "class Aaa {\n  int x = 1;\n}", "Zed.cs": "var a = new Aaa();"}, None, "Zed.cs"),
        ({"Aaa.cs": "class Aaa {}", "Zed.cs": "using System;\nConsole.WriteLine(1);"}, None, "Zed.cs"),
        ({"Aaa.swift": "struct Aaa {\n  let x = 1\n}", "Zed.swift": "print(Aaa())"}, None, "Zed.swift"),
        ({"a.js": "", "b.js": "if (require.main === module) f()"}, None, "b.js"),
        ({"a.rb": "", "b.rb": "if __FILE__ == $0\nend"}, None, "b.rb"),
        ({"sum.js": "", "sum.test.js": "import test from 'node:test'"}, None, "sum.test.js"),
        ({"a.py": "def f(): pass", "test_x.py": "def test_f(): assert 0"}, None, "test_x.py"),
        ({"a.py": "if __name__ == '__main__': 1", "test_x.py": "def test_f(): assert 0"}, None, "a.py"),
        ({"a.py": "", "b.py": '"""\n>>> 1\n1\n"""'}, None, "a.py"),
        ({"aaa.js": "", "x.js": "", "package.json": '{"nyc": {"main": "aaa.js"}, "main": "./x"}'}, None, "x.js"),
        ({"aaa.js": "", "cli.mjs": "", "package.json": '{"main": "cli"}'}, None, "cli.mjs"),
        ({"aaa.js": "", "x.js": "", "package.json": '{"main": ["x.js"]}'}, None, "aaa.js"),
        ({"aaa.js": "", "x.js": "", "package.json": "[" * 60_000}, None, "aaa.js"),
        ({"README.md": ">>> 1\n1"}, None, "README.md"),
    ],
)
def test_the_file(files: dict[str, str], description: str | None, entry: str) -> None:
    assert chosen(files, description).file == entry


def test_the_file_that_a_visitor_names_comes_before_all_others() -> None:
    files = {"gist.toml": 'file = "main.py"\nargs = ["x"]', "main.py": "", "other.py": ""}
    assert chosen(files).args == ("x",)
    other = chosen(files, file="other.py")
    assert (other.file, other.args) == ("other.py", ())
    with pytest.raises(BadInput, match=r"has no file 'none\.py'"):
        chosen(files, file="none.py")


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.cl", "__kernel void add(__global float *a) {}", "OpenCL"),
        ("a.l", "%%\n[a-z]+ { return 1; }\n%%", "Lex"),
        ("a.d", "dtrace:::BEGIN {}", "DTrace"),
        ("a.pro", "TEMPLATE = app", "QMake"),
        ("a.v", "fn main() { println('hello') }", "V"),
        ("go.mod", "module x", "Go Module"),
        ("go.mod", "module x", None),
        ("Gemfile", "source 'https://rubygems.org'", "Ruby"),
        ("a.mod", "", "AMPL"),
        ("a.gd", "extends Node", "GDScript"),
        ("a.pp", "file { '/etc': }", "Puppet"),
        ("a.sc", "{ SinOsc.ar }.play", "SuperCollider"),
        ("a.fs", "let x = 1", "GLSL"),
        ("a.r", "REBOL []", "Rebol"),
        ("a.ts", "<TS></TS>", "XML"),
        ("a.g", "grammar A;", "ANTLR"),
        ("a.bas", "Sub Main()", "VBA"),
        ("a.st", "a() ::= <<>>", "StringTemplate"),
        ("a.b", "implement Hello;", "Limbo"),
        ("a.ex", "puts(1)", "Euphoria"),
        ("a.hpp", "class A {};", "C++"),
        ("a.h", "int f(void);", "C"),
        ("a.h", "@interface A", "Objective-C"),
        ("a.txt", "", "Text"),
    ],
)
def test_a_file_that_github_knows_as_something_else_is_not_run(name: str, content: str, word: str | None) -> None:
    file = GistFile(name, content.encode(), language=word)
    assert languages.language_of(file, KNOWN) is None


def test_a_word_of_githubs_by_which_nothing_runs_is_told() -> None:
    gist = a_gist({"a.pp": "", "notes.txt": ""}, words={"a.pp": "Puppet", "notes.txt": "Text"})
    with pytest.raises(NothingToRun, match=r"can be run here\. GitHub says that 'a\.pp' is Puppet\.$"):
        languages.choose(gist, Request(), KNOWN)
    with pytest.raises(NothingToRun, match=r"'a\.pp' is in no language .* GitHub says that 'a\.pp' is Puppet\.$"):
        languages.choose(gist, Request(file="a.pp"), KNOWN)
    with pytest.raises(NothingToRun, match=r"'notes\.txt' is in no language that can be run here\.$"):
        languages.choose(gist, Request(file="notes.txt"), KNOWN)


def test_gist_toml_may_say_that_github_is_wrong() -> None:
    gist = a_gist({"gist.toml": 'language = "pascal"', "a.pp": "begin end."}, words={"a.pp": "Puppet"})
    assert languages.choose(gist, Request(), KNOWN).language == "pascal"


@pytest.mark.parametrize(
    ("name", "content", "word", "language"),
    [
        ("a.pl", ":- initialization(main).\nmain :- true.", None, "prolog"),
        ("a.pl", "use strict;\nmy $x = 1;", None, "perl"),
        ("a.pl", "", "Prolog", "prolog"),
        ("a.m", "#import <Foundation/Foundation.h>", None, "objectivec"),
        ("a.m", "x = [1 2 3];\ndisp(x)", None, "octave"),
        ("a.m", "", "MATLAB", "octave"),
        ("a.fs", 'open System\nprintfn "%d" 1', None, "fsharp"),
        ("a.fs", ': hello ." hello" cr ;\nhello', None, "forth"),
        ("a.fs", "", "F#", "fsharp"),
        ("a.pl", "", "Raku", "raku"),
        ("a.t", "use Test::More;", "Perl", "perl"),
        ("a.pm", "package A;", "Perl", "perl"),
        ("a.inc", "<?php", "PHP", "php"),
        ("a.jsx", "", "JavaScript", "javascript"),
        ("a.lsp", "", "NewLisp", "newlisp"),
        ("a.lsp", "", "Common Lisp", "lisp"),
        ("a.f", "", "Forth", "forth"),
        ("a.f", "", "Fortran", "fortran"),
        ("a.cs", "", "Smalltalk", "smalltalk"),
        ("a.cs", "", None, "csharp"),
        ("a.zsh", "", "Shell", "zsh"),
        ("a.ksh", "", "Shell", "ksh"),
        ("a.bats", "", "Shell", "bash"),
        ("profile", "", "Shell", "bash"),
        ("a.d", "main.o: main.c", "Makefile", "make"),
        ("a.sh", "#!/bin/sh\n", None, "sh"),
        ("a.sh", "echo", None, "bash"),
        ("run", "#!/usr/bin/env -S node20 --x", None, "javascript"),
        ("run", "#!/usr/bin/env -S deno run --allow-net", None, "javascript"),
        ("a.ts", "#!/usr/bin/env -S deno run --allow-net", None, "typescript"),
        ("Makefile", "", None, "make"),
    ],
)
def test_the_language(name: str, content: str, word: str | None, language: str) -> None:
    found = languages.language_of(GistFile(name, content.encode(), word), KNOWN)
    assert found
    assert found.name == language


@pytest.mark.parametrize(
    ("files", "version"),
    [
        ({"main.py": ""}, "3.14"),
        ({"main.py": "#!/usr/bin/env python3.13\n"}, "3.13"),
        ({"main.py": "#!/usr/bin/env python3.2\n"}, "3.14"),
        ({"main.py": '# /// script\n# requires-python = ">=3.11,<3.14"\n# ///'}, "3.13"),
        ({"main.py": "", "pyproject.toml": '[project]\nrequires-python = "==3.13.*"'}, "3.13"),
        ({"main.py": "", "pyproject.toml": '[project]\nrequires-python = ">=3.9"'}, "3.14"),
        ({"main.py": "", "pyproject.toml": '[project]\nrequires-python = ">=4"'}, "3.14"),
        ({"main.py": "", "pyproject.toml": '[tool.poetry.dependencies]\npython = ">=3.9,<3.14"'}, "3.13"),
        ({"main.py": "", "Pipfile": '[requires]\npython_version = "3.13"'}, "3.13"),
        ({"main.py": "", "gist.toml": 'language = "python@3.13"'}, "3.13"),
        ({"main.js": "", "package.json": '{"engines": {"node": "^20 || ^22"}}'}, "22"),
        ({"main.js": "", "package.json": '{"engines": {"node": "20.x"}}'}, "20"),
        ({"main.js": "", "package.json": '{"engines": {"node": ">=18"}}'}, "24"),
        ({"main.js": "", "package.json": '{"engines": {"node": "18 - 22"}}'}, "22"),
        ({"main.js": "", "package.json": '{"engines": {"node": "*"}}'}, "24"),
        ({"main.js": "", "package.json": '{"volta": {"node": "20.1.0"}, "engines": {"node": "22.x"}}'}, "22"),
        ({"main.js": "", "package.json": '{"volta": {"node": "20.1.0"}}'}, "24"),
        ({"main.js": "", ".nvmrc": "v20.18.0\n"}, "20"),
        ({"main.js": "", ".nvmrc": "lts/*\n"}, "24"),
        ({"main.js": "", ".node-version": "22\n"}, "22"),
        ({"main.py": "", ".python-version": "3.13.2\n"}, "3.13"),
        ({"a_test.ts": "Deno.test('a', () => {})"}, "deno"),
        ({"a.js": "console.log(Deno.cwd())"}, "deno"),
        ({"a.js": "if (typeof Deno !== 'undefined') console.log(1)"}, "24"),
        ({"a.test.ts": "import { test } from 'bun:test'"}, "bun"),
        ({"a.ts": "Bun.serve({})"}, "bun"),
        ({"main.js": "#!/usr/bin/env -S deno run --allow-all\n"}, "deno"),
        ({"main.ts": "#!/usr/bin/env bun\n"}, "bun"),
        ({"main.js": 'import chalk from "npm:chalk@5";'}, "deno"),
        ({"main.mjs": "export * from 'jsr:@std/path'"}, "deno"),
        ({"main.ts": "import {\n  join,\n} from 'https://deno.land/std/path/mod.ts';"}, "deno"),
        ({"main.ts": 'const x = await import("npm:chalk")'}, "deno"),
        ({"main.ts": 'import "c"', "deno.json": '{"imports": {"c": "npm:chalk@5"}}'}, "deno"),
        ({"main.js": 'import { Database } from "bun:sqlite"'}, "bun"),
        ({"main.ts": "import { serve } from 'bun';"}, "bun"),
        ({"main.js": 'import "bundle"; fetch("https://x"); const a = "npm:chalk"; // from "npm:chalk"'}, "24"),
        ({"main.zig": "pub fn main() !void { std.io.getStdOut(); }"}, "0.14"),
        ({"main.zig": "pub fn main() !void { std.Io.File.stdout(); }"}, "0.17"),
        ({"main.scm": "(define ones (cons-stream 1 ones))"}, "mit"),
        ({"main.scm": "(import (rnrs))\n(assert (= 1 1))"}, "guile"),
        ({"main.scm": "(define (assert x) x)"}, "guile"),
        ({"main.ts": 'import x from "lodash";\nconst url = "https://deno.land"'}, "node"),
        ({"main.js": "#!/usr/bin/env node\nimport 'fs'; fetch('https://x')"}, "24"),
        ({"main.lua": "#!/usr/bin/luajit\n"}, "luajit"),
        ({"main.go": "package main", "go.mod": "module x\n\ngo 1.22\n"}, "1.27"),
        ({"main.rb": "", "Gemfile": 'source "https://rubygems.org"\nruby "3.3.6"\n'}, "3.3"),
        ({"main.rb": "", "Gemfile": 'ruby ">= 3.2"'}, "3.4"),
        ({"main.rb": "", "Gemfile": 'ruby "~> 2.7"'}, "3.4"),
        ({"main.rb": "", ".ruby-version": "ruby-3.3.8\n"}, "3.3"),
    ],
)
def test_the_version(files: dict[str, str], version: str) -> None:
    assert chosen(files).version == version


def test_a_version_asked_for_comes_before_what_the_gist_says() -> None:
    files = {"main.py": "#!/usr/bin/env python3.14\n"}
    assert chosen(files, version="3.13").version == "3.13"
    with pytest.raises(BadInput, match=r"Python has no version '2\.7' here; it has 3\.14, 3\.13\."):
        chosen(files, version="2.7")
    with pytest.raises(NothingToRun, match=r"gist\.toml: Python has no version '9'"):
        chosen({"main.py": "", "gist.toml": 'language = "python@9"'})


@pytest.mark.parametrize(
    ("name", "content", "tests"),
    [
        ("calculator.py", "class T(unittest.TestCase):\n  def test_a(self): pass", "pytest of a module"),
        ("calculator.py", "class T(unittest.TestCase):\n  pass\nif __name__ == '__main__':\n  unittest.main()", None),
        ("calculator.py", "def test_sum():\n    assert 1 == 2", "pytest of a module"),
        ("calculator.py", "def test_sum():\n    assert 1 == 2\n\ntest_sum()", None),
        ("test_a.py", "def test_sum():\n    assert 1 == 2", "pytest"),
        ("a.py", '"""\n>>> 1\n1\n"""', "doctest"),
        ("a_test.ts", "Deno.test('a', () => {})", "deno test"),
        ("a.ts", "import { test } from 'bun:test'", "bun test"),
        ("a.js", "import { test } from 'bun:test'", "bun test"),
        ("a.ts", "import test from 'node:test'", "node:test"),
        ("a.exs", "ExUnit.start()\ndefmodule A do\n  use ExUnit.Case\nend", "ExUnit"),
        ("a.exs", "IO.puts 1", None),
        ("a_tests.erl", '-module(a_tests).\n-include_lib("eunit/include/eunit.hrl").', "EUnit"),
        ("a.erl", '-module(a).\n-include_lib("eunit/include/eunit.hrl").\nstart() -> ok.', None),
        ("a.rkt", "#lang racket\n(module+ test (require rackunit))", "rackunit"),
        ("a.rkt", "#lang racket\n(require rackunit)\n(module+ main (display 1))", None),
        ("a.zig", 'test "adds" {}', "zig test"),
        ("a.zig", 'test "adds" {}\npub fn main() void {}', None),
        ("a.d", "unittest { assert(true); }", "unittest"),
        ("a.d", "void main() {}\nunittest { assert(true); }", None),
        ("a.bats", '@test "adds" {\n  true\n}', "bats"),
        ("ATest.groovy", "import org.junit.Test\nclass ATest {\n  @Test void a() {}\n}", "JUnit 4"),
        ("ATest.groovy", "import org.junit.jupiter.api.Test\nclass ATest {\n  @Test void a() {}\n}", "JUnit"),
        ("ATest.groovy", "class ATest extends groovy.test.GroovyTestCase {}", "JUnit 3"),
    ],
)
def test_tests(name: str, content: str, tests: str | None) -> None:
    assert chosen({name: content}).tests == tests


def test_tests_of_node_are_a_program_elsewhere() -> None:
    assert chosen({"a.js": "import test from 'node:test'"}, version="deno").tests is None


@pytest.mark.parametrize(
    ("name", "requirement", "holds"),
    [
        ("3.13", ">=3.13.2", True),
        ("3.13", "<3.13", False),
        ("3.13", "<3.13.5", True),
        ("3.13", "~=3.11", True),
        ("3.13", "~=3.11.0", False),
        ("3.13", "!=3.13.1", True),
        ("3.13", "!=3.13", False),
        ("3.13", ">3.12,<4", True),
        ("3.13", "3.12", False),
        ("24", "^22.1", False),
        ("24", "~24.3", True),
        ("24", "18 || 24", True),
        ("24", "<=22", False),
        ("gcc-14", ">=14", False),
        ("24", "18 - 24", True),
        ("24", "18 - 22.4", False),
        ("24", "x", True),
        ("0.14", "^0.14", True),
        ("0.15", "^0.14.1", False),
        ("24", "latest", False),
        ("24", "", False),
    ],
)
def test_a_requirement(name: str, requirement: str, holds: bool) -> None:
    assert satisfies(name, requirement) is holds


@pytest.mark.parametrize(
    ("files", "stdin"),
    [
        ({"main.py": ""}, b""),
        ({"main.py": "", "stdin.txt": "a", "input.txt": "b"}, b"a"),
        ({"main.py": "", "input.txt": "b"}, b"b"),
        ({"main.py": "", "input.txt": "b", "gist.toml": 'stdin = "c"'}, b"c"),
        ({"main.py": "", "d.txt": "d", "gist.toml": 'stdin_file = "d.txt"'}, b"d"),
    ],
)
def test_the_input(files: dict[str, str], stdin: bytes) -> None:
    assert chosen(files).stdin == stdin
    assert chosen(files, stdin=b"own").stdin == b"own"


def test_what_was_chosen_is_chosen_again_when_the_file_is_named() -> None:
    """A worker chooses again, with the file of the run."""
    for files in (
        {"gist.toml": 'language = "python"', "script.txt": "print(1)"},
        {"gist.toml": 'file = "a.txt"\nlanguage = "python@3.13"\nargs = ["x"]', "a.txt": "", "b.py": ""},
        {"gist.toml": 'args = ["x"]', "main.py": "", "b.py": ""},
    ):
        first = chosen(files)
        assert chosen(files, file=first.file) == first


def test_gist_toml_says_the_rest() -> None:
    text = 'args = ["a b"]\ntimeout = 2.5\nexpected = "wanted"\npackages = ["numpy"]'
    program = chosen({"main.py": "", "wanted": "", "gist.toml": text})
    assert (program.args, program.timeout_s, program.expected) == (("a b",), 2.5, "wanted")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("file = ", "gist.toml cannot be read"),
        ('colour = "red"', "unknown key 'colour'; known are file, language, args"),
        ("args = 1", "'args' must be a list of texts"),
        ("timeout = 0", "'timeout' must be a number of seconds above 0"),
        ("timeout = true", "'timeout' must be"),
        ('file = "none.py"', "'file' names 'none.py', but the gist has no such file"),
        ('language = "python@"', "'language' must be a language's name, or name@version"),
        ('language = "@3.13"', "'language' must be"),
        ('language = ""', "'language' must be"),
        ('language = "klingon"', "there is no language 'klingon'"),
        ('stdin = "a"\nstdin_file = "main.py"', "both 'stdin' and 'stdin_file'"),
        ("a = " + "[" * 2000, "cannot be read"),
        ("#" * 5_000, "may hold 4,096 bytes"),
        ("timeout = " + "1" * 4_000 + "0" * 1, "cannot be read|must be"),
        ('args = ["a\\u0000b"]', "without NUL"),
    ],
)
def test_a_gist_toml_that_is_not_well_formed_is_told(text: str, told: str) -> None:
    with pytest.raises(NothingToRun, match=told):
        chosen({"main.py": "", "gist.toml": text})


def test_a_gist_toml_that_begins_with_a_byte_order_mark_is_read() -> None:
    assert chosen({"main.py": "", "gist.toml": '\ufeffargs = ["x"]'}).args == ("x",)


def test_beside_pairs_only_they_are_compared() -> None:
    files = {"main.py": "", "1.in": "", "1.out": "", "expected.txt": ""}
    program = chosen(files)
    assert (program.expected, len(program.cases)) == (None, 1)
    assert chosen({**files, "gist.toml": 'expected = "expected.txt"'}).expected is None
    del files["1.out"]
    assert chosen(files).expected == "expected.txt"


@given(st.dictionaries(st.sampled_from(["main.py", "gist.toml", "package.json", "a.m", "x.pl"]), st.text(max_size=80)))
def test_any_gist_is_chosen_from_or_refused(files: dict[str, str]) -> None:
    with contextlib.suppress(Refused):
        assert chosen(files).file in files


def test_the_document_names_every_key_of_gist_toml() -> None:
    table = DOCUMENT[DOCUMENT.index("| key | meaning |") :]
    for key in gisttoml._KEYS:
        assert f"`{key}`" in table


def test_a_gist_without_a_program_has_nothing_to_run() -> None:
    with pytest.raises(NothingToRun):
        chosen({"notes.txt": ""})


def patterns() -> list[tuple[str, str]]:
    found = []
    for language in KNOWN.values():
        names = ("content", "entry_pattern", "comments", "imports")
        named = {name: getattr(language, name) for name in names}
        named |= {f"conditions {key}": getattr(language.conditions, key) for key in ("file", "names")}
        for number, each in enumerate((*language.declares, *language.requires)):
            named[f"said {number} in {each.file}"] = each.pattern
        for number, each in enumerate(language.hints):
            named |= {f"hint {number} output": each.output, f"hint {number} source": each.source}
        for runner in [runner for version in language.versions for runner in version.tests]:
            told = {"passed": runner.passed, "failed": runner.failed, "total": runner.total}
            told |= {"content": runner.content, "unless": runner.unless}
            named |= {f"{runner.name} {key}": pattern for key, pattern in told.items()}
        found += [(f"{language.name} {key}", pattern) for key, pattern in named.items() if pattern]
    return found


@pytest.mark.timeout(20)
@pytest.mark.parametrize(("name", "pattern"), patterns(), ids=lambda value: value[:40])
def test_no_file_can_make_a_pattern_slow(name: str, pattern: str) -> None:
    # A pattern whose work grows with the square of the text takes minutes for these, and the time limit ends the test.
    for piece in tedious.PIECES:
        re.findall(pattern, (piece * LOOKED_AT)[:LOOKED_AT], re.MULTILINE)


#: Characters, and seconds of work in which a pattern is through with them. With the square of them it takes ten.
SOME, SOON_S = 16 * 1024, 0.5


@pytest.mark.parametrize("pattern", sorted({pattern for _, pattern in patterns()}), ids=lambda value: value[:40])
def test_no_pattern_is_slow_after_its_own_words(pattern: str) -> None:
    for text in tedious.texts(pattern, SOME):
        begun = time.process_time()
        re.findall(pattern, text, re.MULTILINE)
        assert time.process_time() - begun < SOON_S, text[:100]


def test_the_texts_for_patterns_find_one_that_is_slow() -> None:
    slow = r"\brequire[ \t]*\(?[ \t]*[\"']"
    assert any(text.startswith("require   ") for text in tedious.texts(slow, SOME))


@pytest.mark.timeout(30)
@pytest.mark.parametrize("name", ["a{}.c", "a{}.py", "a{}.lua", "a{}.m", "a{}.ts", "a{}.md"])
@pytest.mark.parametrize("piece", ["/*", 'require "', "main(a", "import a, b\n", "#if 0\n", ">>> 1\n", "\n"])
def test_a_gist_of_many_large_files_is_chosen_from_in_a_moment(name: str, piece: str) -> None:
    content = piece * (LOOKED_AT * 2 // len(piece))
    files = {name.format(number): content for number in range(300)}
    begun = time.process_time()
    with contextlib.suppress(Refused):
        chosen(files)
    assert time.process_time() - begun < 2


def test_of_many_files_the_small_ones_are_looked_at_whole() -> None:
    files = [GistFile(f"{number}.py", b"a" * 100) for number in range(299)]
    found = beginnings([*files, GistFile("large.py", b"b" * LOOKED_AT * 2)])
    assert found[:-1] == tuple(files)
    assert found[-1].size > LOOKED_AT / 2
    assert sum(file.size for file in beginnings([GistFile("a", b"a" * LOOKED_AT)] * 300)) <= ALTOGETHER
