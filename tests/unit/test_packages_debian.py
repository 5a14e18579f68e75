"""What programs ask of Debian: declared, imported, refused."""

from __future__ import annotations

import contextlib
import re
import time
import tomllib
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Program
from gistrun.packages import debian
from gistrun.packages.debian import Debian
from gistrun.packages.wanted import LOOKED_AT, Wanted

ECOSYSTEM = Debian()
DATA = Path(debian.__file__).parent / "data"
RULES = tomllib.loads((DATA / "debian.toml").read_text(encoding="utf-8"))
SUM = "a" * 64


def asked(language: str, name: str, content: str, declared_only: bool = False, **files: str) -> set[tuple[str, str]]:
    all_files = {name: content} | {key.replace("__", "."): value for key, value in files.items()}
    program = Program(language, name, tuple(GistFile(key, value.encode()) for key, value in all_files.items()))
    return {(need.text, need.source) for need in ECOSYSTEM.wanted(program, declared_only)}


def imported(language: str, name: str, content: str, **files: str) -> set[str]:
    return {text for text, source in asked(language, name, content, **files) if source == "import"}


@pytest.mark.parametrize(
    ("language", "files", "where"),
    [
        ("r", {"main.R": "# library(zoo)\n\nx <- 1\nlibrary(jsonlite)\nlibrary(jsonlite)\n"}, "line 4 of main.R"),
        ("r", {"main.R": "install.packages(c('zoo',\n  'jsonlite'))\n"}, "line 2 of main.R"),
        ("r", {"main.R": "x", "DESCRIPTION": "Package: x\nImports:\n  zoo,\n  jsonlite\n"}, "line 4 of DESCRIPTION"),
        ("perl", {"main.pl": "=pod\n\nuse Moose;\n\n=cut\nuse JSON::XS;\n"}, "line 6 of main.pl"),
        (
            "perl",
            {"main.pl": "use JSON::XS;", "cpanfile": "requires 'perl';\nrequires 'JSON::XS';"},
            "line 2 of cpanfile",
        ),
        ("lua", {"main.lua": "print(1)\nlocal x = require 'cjson'\n"}, "line 2 of main.lua"),
        ("lua", {"main.lua": "require 'own'", "own.lua": "\nrequire 'cjson'"}, "line 2 of own.lua"),
    ],
)
def test_what_asks_for_a_package_is_told_with_its_line(language: str, files: dict[str, str], where: str) -> None:
    content = tuple(GistFile(name, text.encode()) for name, text in files.items())
    needs = ECOSYSTEM.wanted(Program(language, content[0].name, content), False)
    assert where in {need.where for need in needs if "json" in need.name}


@pytest.mark.parametrize(
    ("language", "content", "packages"),
    [
        ("r", "library(jsonlite)", {"r-cran-jsonlite"}),
        ("r", "suppressMessages(library('dplyr'))", {"r-cran-dplyr"}),
        ("r", "if (!require(Rcpp)) stop()", {"r-cran-rcpp"}),
        ("r", "x <- data.table::fread('x')", {"r-cran-data.table"}),
        ("r", "stringr:::f(1)", {"r-cran-stringr"}),
        ("r", "pacman::p_load(dplyr, tidyr)", {"r-cran-dplyr", "r-cran-tidyr"}),
        ("r", 'install.packages(c("zoo", "xts"))', {"r-cran-zoo", "r-cran-xts"}),
        ("r", "library(stats); library(parallel); utils::head(1)", set()),
        ("r", "# library(jsonlite)\nlibrary(no.such.package)", set()),
        ("perl", "use JSON::XS;", {"libjson-xs-perl"}),
        ("perl", "use LWP::UserAgent ();", {"libwww-perl"}),
        ("perl", "  require Try::Tiny;", {"libtry-tiny-perl"}),
        ("perl", "use parent 'Moose::Object';", {"libmoose-perl"}),
        ("perl", "use base qw(DBI);", {"libdbi-perl"}),
        ("perl", "use strict; use warnings; use v5.36; use List::Util 'sum'; use JSON::PP; use POSIX;", set()),
        ("perl", "=pod\n\nuse Moose;\n\n=cut\n# use DBI;\n", set()),
        ("perl", "print 1;\n__END__\nuse Moose;", set()),
        ("octave", "pkg load statistics", {"octave-statistics"}),
        ("octave", "pkg load signal control;", {"octave-signal", "octave-control"}),
        ("octave", "pkg('load', 'struct')", {"octave-struct"}),
        ("octave", "% pkg load signal\npkg list", set()),
        ("lua", 'local x = require "cjson"', {"lua-cjson"}),
        ("lua", "require('socket.http')", {"lua-socket"}),
        ("lua", "-- require 'cjson'\nlocal s = \"require 'lpeg'\" require(name)", set()),
        ("lua", "require 'string'", set()),
        ("haskell", "import qualified Data.Aeson as A\nmain = pure ()", {"libghc-aeson-dev"}),
        ("haskell", "import Data.Map (Map)\nimport Data.Text\nimport Prelude\nmain = pure ()", set()),
        ("haskell", "-- import Data.Aeson\n{- import Control.Lens -}\nmain = pure ()", set()),
        ("tcl", "package require tdom", {"tdom"}),
        ("tcl", "package require Tcl 8.6\n# package require tls", set()),
        ("ruby", "require 'nokogiri'", {"ruby-nokogiri"}),
        ("ruby", "require 'json'\nrequire_relative 'nokogiri'\n# require 'nokogiri'", set()),
    ],
)
def test_imports_are_found_and_modules_that_are_there_are_not_asked_for(
    language: str, content: str, packages: set[str]
) -> None:
    assert imported(language, "main.x", content) == packages


def test_a_gists_own_module_is_no_package_and_its_imports_count() -> None:
    assert imported("lua", "main.lua", "require 'cjson'", cjson__lua="require 'lpeg'") == {"lua-lpeg"}
    assert imported("perl", "a.pl", "use My::DBI;", DBI__pm="package My::DBI; use Moose;") == {"libmoose-perl"}


def test_modules_that_need_each_other_end() -> None:
    assert imported("lua", "a.lua", "require 'b'", b__lua="require 'a'; require 'lpeg'") == {"lua-lpeg"}


@pytest.mark.parametrize(
    ("language", "files", "packages"),
    [
        ("r", {"DESCRIPTION": "Package: x\nImports: dplyr (>= 1.0),\n    jsonlite\nDepends: R (>= 3.5), stats\n"},
         {"r-cran-dplyr", "r-cran-jsonlite"}),
        ("perl", {"cpanfile": "requires 'Moose', '2.0';\nrequires 'perl', '5.10';\n"}, {"libmoose-perl"}),
        ("haskell", {"x.cabal": "executable x\n  build-depends:  base >=4, aeson ==2.*\n                , lens\n"},
         {"libghc-aeson-dev", "libghc-lens-dev"}),
        ("ruby", {"Gemfile": "source 'x'\ngem 'rainbow', '~> 3'\n# gem 'tty'\ngem 'awesome_print', git: 'x'\n"},
         {"ruby-rainbow", "ruby-awesome-print"}),
        ("haskell", {"package.yaml": "name: x\ndependencies:\n- base\n- aeson >= 2\n"}, {"libghc-aeson-dev"}),
    ],
)  # fmt: skip
def test_what_is_declared_counts_before_what_is_imported(
    language: str, files: dict[str, str], packages: set[str]
) -> None:
    (name,) = files
    program = Program(
        language,
        "main.x",
        (GistFile("main.x", b"library(zoo)\n"), *(GistFile(key, value.encode()) for key, value in files.items())),
    )
    for declared_only in (False, True):
        needs = ECOSYSTEM.wanted(program, declared_only)
        assert {(need.text, need.source) for need in needs} == {(each, name) for each in packages}


@pytest.mark.parametrize(
    "content",
    [
        "{- cabal:\nbuild-depends: base, aeson\n-}\nmain = pure ()\n",
        "#!/usr/bin/env stack\n-- stack script --resolver lts-22.0 --package aeson --package base\nmain = pure ()\n",
        "#!/usr/bin/env stack\n{- stack\n  script\n  --package aeson\n-}\nmain = pure ()\n",
    ],
)
def test_a_comment_at_the_top_may_declare(content: str) -> None:
    source = "cabal" if "cabal" in content else "stack"
    assert asked("haskell", "main.hs", content, declared_only=True) == {("libghc-aeson-dev", source)}


def test_bundlers_inline_gemfile_declares() -> None:
    content = "require 'bundler/inline'\ngemfile do\n  source 'x'\n  gem 'rainbow'\nend\nrequire 'colorize'\n"
    assert asked("ruby", "main.rb", content, declared_only=True) == {("ruby-rainbow", "gemfile")}


def test_nothing_imported_is_asked_for_where_only_declared_packages_are_allowed() -> None:
    assert asked("r", "a.r", "library(zoo)", declared_only=True) == set()


def test_gist_toml_names_modules_or_debians_packages() -> None:
    program = Program("perl", "a.pl", (GistFile("a.pl", b""),), packages=("Moose", "libdbi-perl", "POSIX"))
    assert {need.text for need in ECOSYSTEM.wanted(program, True)} == {"libmoose-perl", "libdbi-perl"}


@pytest.mark.parametrize(
    "text",
    [
        "bash",  # a package of Debian, but none of this language
        "libc6",
        "python3",
        "r-cran-zoo",
        "-o=Dir::Etc=/tmp",
        "--allow-unauthenticated",
        "libmoose-perl=1.0",
        "libmoose-perl/sid",
        "libmoose-perl-",
        "libmoose-perl:arm64",
        "./libmoose-perl.deb",
        "/etc/passwd",
        "../../x.deb",
        "https://example.com/x.deb",
        "git+https://example.com/x",
        "file:///x.deb",
        "libmoose-perl\n-o Debug=1",
        "libmoose-perl libdbi-perl",
        "\x1b[31mred",
        "$(id)",
        "`id`",
        "^libmoose",
        "*",
        "?name(x)",
        "~nperl",
        "",
        " ",
        "::",
        "x" * 10_000,
        "A::" * 10_000,
        "__proto__",
        "constructor",
        "лib",
        "\0",
    ],
)
def test_what_is_no_package_of_the_language_is_refused(text: str) -> None:
    program = Program("perl", "a.pl", (GistFile("a.pl", b""),), packages=(text,))
    with pytest.raises(PackagesRefused) as refusal:
        ECOSYSTEM.wanted(program, False)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("language", "content"),
    [
        ("r", "library(--option)\nlibrary('../x')\nlibrary(https://x)\nlibrary(`id`)\nlibrary($x)"),
        ("perl", "use lib '/x'; use https://x; use -o; require './x.pl'; use if $x, 'Moose/../x';"),
        ("octave", "pkg load -forge\npkg install x.tar.gz\npkg load ../x"),
        ("lua", "require '/etc/passwd' require '../x' require '--x' require 'http://x'"),
        ("haskell", "import Data.No.Such\nimport --x\nmain = pure ()"),
        ("ruby", "require '../../x'; require 'http://x'; require '--x'; require \"#{x}\""),
    ],
)
def test_nothing_else_that_a_program_says_becomes_a_package(language: str, content: str) -> None:
    assert imported(language, "main.x", content) == set()


@pytest.mark.parametrize("language", ["r", "perl", "octave", "lua", "haskell", "ruby", "tcl"])
@pytest.mark.parametrize(
    "piece",
    ["library(", "gemfile do\n", "{- cabal: build-depends:", "a::", "=x\n", ", ", "\n ", "\0\xff"],
)
def test_hostile_files_take_little_time(language: str, piece: str) -> None:
    content = piece * (LOOKED_AT // 16 // len(piece))
    names = ("DESCRIPTION", "cpanfile", "x.cabal", "package.yaml")
    starts = ("Imports:", "requires '", "build-depends:", "dependencies:\n- ")
    files = [GistFile(name, (start + content).encode()) for name, start in zip(names, starts, strict=True)]
    program = Program(language, "main.x", (GistFile("main.x", content.encode()), *files))
    began = time.process_time()
    with contextlib.suppress(PackagesRefused):
        ECOSYSTEM.wanted(program, False)
    assert time.process_time() - began < 3


def test_a_lock_says_what_is_there_and_why() -> None:
    lock = f"r-cran-zoo 1.8-14-1 {SUM} 100 pool/main/r/r-cran-zoo/r-cran-zoo_1.8-14-1_amd64.deb\n"
    lock += f"libx1 2:3.0~rc+b1 {SUM} 100 pool/main/libx/libx1_3.0~rc%2bb1_amd64.deb\n"
    needs = ECOSYSTEM.wanted(Program("r", "a.r", (GistFile("a.r", b"library(zoo)"),)), False)
    found = ECOSYSTEM.packages(lock.encode(), Wanted(needs))
    assert [(each.name, each.version, each.source) for each in found] == [
        ("r-cran-zoo", "1.8-14-1", "import"),
        ("libx1", "2:3.0~rc+b1", "dependency"),
    ]


@pytest.mark.parametrize("line", ["x", f"x 1 {SUM} 1 /etc/x.deb", f"-o 1 {SUM} 1 pool/x.deb", f"x 1 {SUM} 1 pool/x.sh"])
def test_a_lock_of_another_form_is_none(line: str) -> None:
    with pytest.raises(ValueError, match="no package"):
        ECOSYSTEM.packages(line.encode(), Wanted(()))


def test_the_request_has_names_only() -> None:
    needs = ECOSYSTEM.wanted(Program("r", "a.r", (GistFile("a.r", b"library(zoo);library(xts)"),)), False)
    assert ECOSYSTEM.request(Wanted(needs)) == {"wanted": b"r-cran-xts\nr-cran-zoo\n"}


def test_why_apt_gave_up_is_told() -> None:
    said = "E: something\nrefused: There is no package r-cran-x in Debian forky.\n"
    assert ECOSYSTEM.reason(said) == "There is no package r-cran-x in Debian forky."
    assert ECOSYSTEM.reason("E: something") is None


@pytest.mark.parametrize("language", sorted(RULES))
def test_every_table_leads_to_packages_of_its_language_only(language: str) -> None:
    lines = (DATA / "debian" / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    modules = [line.split("\t") for line in lines]
    assert all(len(each) == 2 for each in modules)
    assert len({module for module, _ in modules}) == len(modules)
    wrong = [name for _, name in modules if name and not re.fullmatch(RULES[language]["packages"], name)]
    assert not wrong


def test_each_language_with_debians_packages_has_a_rule() -> None:
    known = languages.load().items()
    named = {name for name, language in known if "debian" in (language.packages, language.packages_instead)}
    assert named == set(RULES)
