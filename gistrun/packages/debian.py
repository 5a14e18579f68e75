"""Debian's own packages, for languages whose modules it has: they are compiled already, and fit each other.

Which module is in which package stands in `data/debian`, how each language asks for modules in `data/debian.toml`.
Debian has one version of each package, so versions are not asked for.
"""

from __future__ import annotations

import os.path
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.syntax import Found, find
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted, locked, refused

_DATA = Path(__file__).parent / "data"
_LOCKED = re.compile(
    r"([a-z0-9][a-z0-9+.-]*) ([0-9A-Za-z.+:~-]+) ([0-9a-f]{64}) (\d+) (pool/[0-9A-Za-z/.+:~_%-]+\.deb)"
)
_MOST_SHOWN = 80
#: Characters of a program in which it may say what it needs.
_TOP = 8_192


class Debian:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"deb.debian.org"})
    lock_name = "debian.lock"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        rule = _rule(program.language)
        named = tuple(_named(rule, program.packages))
        declared = _declared(rule, program)
        if declared is not None:
            return (*named, *declared)
        return named if declared_only else (*named, *_imported(rule, program))

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        return {"wanted": "".join(f"{name}\n" for name in sorted({need.name for need in wanted.needs})).encode()}

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        """From lines with a package's name, version, SHA-256, bytes and path at the mirror."""
        return locked(lock, _LOCKED, wanted)

    def reason(self, said: str) -> str | None:
        return refused(said)


@dataclass(frozen=True, slots=True)
class _Rule:
    """What is known of one language."""

    #: How it asks for modules; see `data/debian.toml`.
    table: Mapping[str, Any]
    #: From modules to packages; the text is empty for a module that is in the language's image.
    known: Mapping[str, str]
    names: frozenset[str]

    def package(self, module: str) -> str | None:
        """The package that has the module; an empty text if none is needed, None if there is none."""
        separator = self.table.get("separator")
        parts = module.split(separator, 8) if separator else [module]
        for length in range(len(parts), 0, -1):
            found = self.known.get((separator or "").join(parts[:length]))
            if found is not None:
                return found
        return None


@cache
def _rule(language: str) -> _Rule:
    tables = tomllib.loads((_DATA / "debian.toml").read_text(encoding="utf-8"))
    lines = (_DATA / "debian" / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    known = dict(line.split("\t") for line in lines)
    return _Rule(tables[language], known, frozenset(known.values()) - {""})


def _named(rule: _Rule, texts: tuple[str, ...]) -> Iterator[Need]:
    """What `gist.toml` names: modules, or packages by Debian's name."""
    for text in texts:
        package = text if text in rule.names else rule.package(text)
        if package is None:
            raise PackagesRefused(_refusal(text, "gist.toml"))
        if package:
            yield Need(package, package, "gist.toml")


def _declared(rule: _Rule, program: Program) -> list[Need] | None:
    for way in rule.table.get("declared", ()):
        within = way["file"] == "{file}"
        for file in program.files:
            if not (file.name == program.file if within else fnmatchcase(file.name, way["file"])):
                continue
            text = _text(file)[: _TOP if within else None]
            parts = list(re.finditer(way["part"], text, re.MULTILINE))
            if parts:
                found = _listed(re.compile(way["names"], re.MULTILINE), parts, text)
                return list(_needs_of(rule, way, found, file.name))
    return None


def _needs_of(rule: _Rule, way: Mapping[str, Any], names: Iterable[Found], file: str) -> Iterator[Need]:
    source, own = way.get("source", file), way.get("own", ())
    for name, where in _first_places(names, file).items():
        if name in own:
            continue
        if "package" in way:
            # What is not there may come with the language itself. If it does not, the import says so.
            package = way["package"].format(name.lower().replace("_", "-"))
            if package in rule.names:
                yield Need(package, package, source, where)
            continue
        found = rule.package(name)
        if found is None:
            raise PackagesRefused(_refusal(name, source))
        if found:
            yield Need(found, found, source, where)


def _first_places(names: Iterable[Found], file: str) -> dict[str, str]:
    places: dict[str, str] = {}
    for name in names:
        places.setdefault(name.text, f"line {name.line} of {file}")
    return places


def _imported(rule: _Rule, program: Program) -> Iterator[Need]:
    """What the entry file imports, and the gist's own modules that it imports."""
    own = {os.path.splitext(file.name)[0]: file for file in program.files}
    separator = rule.table.get("separator")
    waiting, seen = [program.file], {program.file}
    packages: dict[str, str] = {}
    while waiting:
        name = waiting.pop()
        file = next((file for file in program.files if file.name == name), None)
        for module, where in _first_places(_modules(rule.table, file), name).items() if file else ():
            mine = own.get(module) or (own.get(module.split(separator)[-1]) if separator else None)
            if mine:
                if mine.name not in seen:
                    waiting.append(mine.name)
                seen.add(mine.name)
            elif package := rule.package(module):
                packages.setdefault(package, where)
    return (Need(package, package, "import", where) for package, where in packages.items())


def _modules(table: Mapping[str, Any], file: GistFile) -> Iterator[Found]:
    if "query" in table:
        return find(file.content, table["grammar"], table["query"])
    # The lines keep their numbers.
    text = re.sub(table["leave_out"], lambda left: " " + "\n" * left[0].count("\n"), _text(file), flags=re.MULTILINE)
    return _listed(re.compile(table["names"]), re.finditer(table["pattern"], text, re.MULTILINE), text)


def _listed(names: re.Pattern[str], parts: Iterable[re.Match[str]], text: str) -> Iterator[Found]:
    """The names in the groups of what was found in the text."""
    line_ends = [end.start() for end in re.finditer("\n", text)]
    for part in parts:
        for number, group in enumerate(part.groups(), 1):
            for name in names.finditer(group or ""):
                yield Found(name[1], bisect_right(line_ends, part.start(number) + name.start(1)) + 1)


def _refusal(text: str, source: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in text[:_MOST_SHOWN])
    return (
        f"{source} asks for “{shown}”, which is not in Debian for this language. Debian's own packages are installed; "
        "addresses, paths and options are not followed."
    )


def _text(file: GistFile) -> str:
    return file.content[:LOOKED_AT].decode("utf-8", "replace").replace("\r\n", "\n")
