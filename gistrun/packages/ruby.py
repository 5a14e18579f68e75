"""Gems of RubyGems: what a program declares for Bundler, else what it requires of gems that everybody knows.

Which module is in which gem stands in `data/ruby.tsv` for the gems that Debian has, made by `make_ruby.py`, and in
`data/gems.tsv` for others, by hand.
"""

from __future__ import annotations

import json
import os.path
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from gistrun.model import GistFile, Package, Program
from gistrun.packages import gemfile
from gistrun.packages.syntax import Found, find
from gistrun.packages.wanted import Need, Wanted, locked, refused

_REQUIRES = """
((call !receiver method: (identifier) @name arguments: (argument_list . (string . (string_content) @found .)))
 (#any-of? @name "require" "require_relative"))
"""
_RELATIVE = """
((call !receiver method: (identifier) @name arguments: (argument_list . (string . (string_content) @found .)))
 (#eq? @name "require_relative"))
"""
_LOCKED = re.compile(
    r"([A-Za-z0-9_][\w.-]{0,99}) (\d[0-9A-Za-z.]{0,60}) ([a-z0-9][\w.-]{0,60}) ([0-9a-f]{64})", re.ASCII
)
_GEMFILES = ("Gemfile", "gems.rb")
_MOST_PARTS = 8


class Ruby:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"rubygems.org", "index.rubygems.org"})
    lock_name = "gems.lock"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        needs: dict[str, Need] = {}
        for need in self._asked(program, declared_only):
            needs.setdefault(need.name, need)
        return tuple(needs.values())

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        gems = []
        for need in wanted.needs:
            name, _, conditions = need.text.partition(" ")
            gems.append([name, *(conditions.split(", ") if conditions else [])])
        return {"wanted.json": json.dumps(gems).encode()}

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        """From lines with a gem's name, version, platform and SHA-256."""
        return locked(lock, _LOCKED, wanted)

    def reason(self, said: str) -> str | None:
        return refused(said)

    def _asked(self, program: Program, declared_only: bool) -> Iterator[Need]:
        for each in program.packages:
            yield gemfile.named(each)
        declared = _declared(program)
        if declared is not None:
            yield from declared
        elif not declared_only:
            yield from _imported(program)


def _declared(program: Program) -> tuple[Need, ...] | None:
    files = {file.name: file for file in program.files}
    if program.file in files and (inline := gemfile.in_program(files[program.file])) is not None:
        return inline
    name = next((name for name in _GEMFILES if name in files), None)
    return gemfile.in_file(files[name]) if name else None


def _imported(program: Program) -> Iterator[Need]:
    """What the entry file requires, and the gist's own modules that it requires."""
    own = {os.path.splitext(file.name)[0]: file for file in program.files}
    waiting, seen = [program.file], {program.file}
    while waiting:
        name = waiting.pop()
        file = next((file for file in program.files if file.name == name), None)
        relative = set(find(file.content, "ruby", _RELATIVE)) if file else set()
        for found in find(file.content, "ruby", _REQUIRES) if file else ():
            mine = _own(own, found.text)
            if mine and mine.name not in seen:
                seen.add(mine.name)
                waiting.append(mine.name)
            elif not mine and found not in relative and (gem := _gem(found)):
                yield Need(gem, gem, "import", f"line {found.line} of {name}")


def _own(own: Mapping[str, GistFile], module: str) -> GistFile | None:
    return own.get(os.path.normpath(module).removesuffix(".rb"))


def _gem(found: Found) -> str:
    """The gem that has the module; empty where there is none, or where the language has it."""
    parts = found.text.removesuffix(".rb").split("/", _MOST_PARTS)
    for length in range(len(parts), 0, -1):
        gem = _known().get("/".join(parts[:length]))
        if gem is not None:
            return gem
    return ""


@cache
def _known() -> Mapping[str, str]:
    """From modules to gems; the text is empty for a module that is in the language's image."""
    table: dict[str, str] = {}
    for name in ("ruby.tsv", "gems.tsv"):
        lines = (Path(__file__).parent / "data" / name).read_text(encoding="utf-8").splitlines()
        table |= dict(line.split("\t") for line in lines if not line.startswith("#"))
    return table
