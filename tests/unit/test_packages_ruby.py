"""What Ruby programs ask of RubyGems."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.ruby import Ruby
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted

RUBY = Ruby()


def asked(content: str = "", *, declared_only: bool = False, named: tuple[str, ...] = (), **others: str) -> set[str]:
    """What is asked for; other files are given by their names, with `__` for a dot."""
    files = [GistFile("main.rb", content.encode())]
    files += [GistFile(name.replace("__", "."), text.encode()) for name, text in others.items()]
    program = Program("ruby", "main.rb", tuple(files), packages=named)
    return {f"{need.text}, {need.source}" for need in RUBY.wanted(program, declared_only)}


@pytest.mark.parametrize(
    ("gemfile", "needs"),
    [
        ("source 'https://rubygems.org'\ngem 'rake'", {"rake, Gemfile"}),
        ("source :rubygems\nsource 'http://rubygems.org/'\ngem \"rake\", '~> 13.0', '>= 13.0.1'",
         {"rake ~> 13.0, >= 13.0.1, Gemfile"}),
        ("gem('rake', ['>= 1', '< 20'])", {"rake >= 1, < 20, Gemfile"}),
        ("group :test do\n  gem 'rake', require: false\nend\ngem 'thor', :group => :development", {"rake, Gemfile", "thor, Gemfile"}),
        ("gem 'tzinfo-data', platforms: %i[mingw mswin jruby]\nplatforms :jruby do\n  gem 'x'\nend\ngem 'y', platform: :mri",
         {"y, Gemfile"}),
        ("platforms :ruby, :mri_34 do\n  gem 'x'\nend", {"x, Gemfile"}),
        ("git_source(:github) { |repo| \"https://github.com/#{repo}.git\" }\nruby '3.4'\n# gem 'not'\ngem 'rake'", {"rake, Gemfile"}),
        ("source 'https://rubygems.org' do\n  gem 'rake', source: 'https://rubygems.org'\nend", {"rake, Gemfile"}),
        ("gem 'rake'\ngem 'rake', '1.0'", {"rake, Gemfile"}),
        ("s.gem 'rake'\n'gem \"not\"'\n", set()),
    ],
)  # fmt: skip
def test_a_gemfile_declares_gems(gemfile: str, needs: set[str]) -> None:
    assert asked("require 'nokogiri'", Gemfile=gemfile) == needs


def test_bundlers_other_name_for_it_counts_too() -> None:
    assert asked(gems__rb="gem 'rake'") == {"rake, gems.rb"}


def test_what_a_program_declares_itself_counts_first() -> None:
    inline = "require 'bundler/inline'\ngemfile(true) do\n  source 'https://rubygems.org'\n  gem 'thor', '1.4'\nend\n"
    assert asked(f"{inline}gem 'not_of_it'\nrequire 'nokogiri'", Gemfile="gem 'rake'") == {"thor 1.4, gemfile"}
    assert asked("gemfile { gem 'thor' }") == {"thor, gemfile"}


def test_gist_toml_names_gems() -> None:
    assert asked(named=("rake", "thor:1.4", "rack ~> 3.0, < 3.2"), declared_only=True) == {
        "rake, gist.toml", "thor 1.4, gist.toml", "rack ~> 3.0, < 3.2, gist.toml"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("source", "needs"),
    [
        ("require 'nokogiri'", {"nokogiri, import"}),
        ("require 'active_support/core_ext/string'\nrequire \"net/ssh\"", {"activesupport, import", "net-ssh, import"}),
        ("require 'json'; require 'set'; require 'minitest/autorun'; require 'bundler/setup'", set()),
        ("require 'tty/table'\nrequire 'discordrb'", {"tty-table, import", "discordrb, import"}),
        ("# require 'nokogiri'\n'require \"nokogiri\"'\nx.require 'nokogiri'\nrequire name\nrequire \"#{x}nokogiri\"", set()),
        ("require 'nokogirl'; require '../../x'; require '--x'; require 'http://x'", set()),
        ("require_relative 'nokogiri'", set()),
    ],
)  # fmt: skip
def test_gems_that_everybody_knows_are_found_by_what_is_required(source: str, needs: set[str]) -> None:
    assert asked(source) == needs
    assert asked(source, declared_only=True) == set()


def test_a_gists_own_module_is_no_gem_and_what_it_requires_counts() -> None:
    assert asked("require './nokogiri'", nokogiri__rb="require 'rainbow'") == {"rainbow, import"}
    assert asked("require_relative 'rainbow'", rainbow__rb="require 'nokogiri'") == {"nokogiri, import"}


def test_the_line_that_requires_a_gem_is_known() -> None:
    program = Program("ruby", "main.rb", (GistFile("main.rb", b"\nrequire 'nokogiri'\n"),))
    assert [need.where for need in RUBY.wanted(program, False)] == ["line 2 of main.rb"]


@pytest.mark.parametrize(
    "line",
    [
        "gem 'x', git: 'https://example.com/x.git'",
        "gem 'x', :git => 'git@example.com:x.git', branch: 'main'",
        "gem 'x', github: 'x/x'",
        "gem 'x', gist: '0123'",
        "gem 'x', path: '../x'",
        "gem 'x', 'path' => '/etc'",
        "gem 'x', source: 'https://example.com'",
        "gem 'x', bitbucket: 'x/x'",
        "gem 'x', **options",
        "gem 'x', tag: 'v1'",
        "git 'https://example.com/x.git' do\n  gem 'x'\nend",
        "path '.' do\n  gem 'x'\nend",
        "github 'x/x' do\n  gem 'x'\nend",
        "source 'https://example.com'\ngem 'x'",
        "source 'http://127.0.0.1'",
        "source 'http://rubygems.org.example.com'",
        "source 'file:///etc'",
        "source ENV['X']",
        "source 'https://example.com' do\n  gem 'x'\nend",
        "eval_gemfile '../Gemfile'",
        "plugin 'x'",
        "gem '../../etc/passwd'",
        "gem '..'",
        "gem '-x'",
        "gem '--source'",
        "gem 'x/y'",
        "gem 'x y'",
        "gem '1.2'",
        "gem ''",
        "gem \"x\\ny\"",
        "gem 'x\0y'",
        "gem 'g\u0435m'",
        "gem '" + "x" * 101 + "'",
        "gem 'x', 'latest'",
        "gem 'x', '> 1; system(1)'",
        "gem 'x', '1', " + ", ".join(["'> 0'"] * 20),
        "gem 'x', '1' * 9",
        "gem 'x', ENV['X']",
        "gem ENV['X']",
        "gem \"x#{`id`}\"",
        "%w[a b].each { |name| gem name }",
        "gem 'x', *versions",
        "gem :x, `id`",
    ],
)  # fmt: skip
def test_an_address_is_refused_before_anything_is_asked(line: str) -> None:
    for files in ({"Gemfile": line}, {}):
        content = "" if files else f"gemfile do\n{line}\nend"
        with pytest.raises(PackagesRefused, match=r"asks for|names a source"):
            asked(content, **files)


@pytest.mark.parametrize("name", ["../x", "https://example.com/x", "x --source y", "-x", "x\ny", "x:", "x @1", ""])
def test_gist_toml_names_nothing_else(name: str) -> None:
    with pytest.raises(PackagesRefused, match=r"gist\.toml asks for"):
        asked(named=(name,))


@pytest.mark.parametrize(
    "piece", ["gem(", "gem 'a', ", "gemfile do\n", "platforms :x do\n", "require 'a'\n", "[", "\0\xff"]
)
def test_hostile_files_take_little_time(piece: str) -> None:
    content = piece * (LOOKED_AT // 8 // len(piece))
    began = time.process_time()
    with contextlib.suppress(PackagesRefused):
        asked(content, Gemfile=content)
    assert time.process_time() - began < 8


def test_the_request_holds_names_and_conditions() -> None:
    wanted = Wanted((Need("rake", "rake ~> 13.0, < 14", "Gemfile"), Need("thor", "thor", "import")))
    assert json.loads(RUBY.request(wanted)["wanted.json"]) == [["rake", "~> 13.0", "< 14"], ["thor"]]


def test_a_lock_lists_gems() -> None:
    lock = f"rake 13.0.6 ruby {'a' * 64}\nnokogiri 1.18.9 x86_64-linux-gnu {'b' * 64}\n"
    wanted = Wanted((Need("nokogiri", "nokogiri", "import"),))
    assert RUBY.packages(lock.encode(), wanted) == (
        Package("rake", "13.0.6", "dependency"),
        Package("nokogiri", "1.18.9", "import"),
    )


@pytest.mark.parametrize(
    "line", ["../x 1.0 ruby " + "a" * 64, "x ../1 ruby " + "a" * 64, "x 1 ../ruby " + "a" * 64, "x 1 ruby abc", "x 1"]
)
def test_what_is_no_lock_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="no package"):
        RUBY.packages(line.encode(), Wanted(()))


def test_the_reason_is_what_the_installer_says() -> None:
    assert RUBY.reason("Downloading\nrefused: There is no gem x on RubyGems.\n") == "There is no gem x on RubyGems."
    assert RUBY.reason("Downloading\n") is None
