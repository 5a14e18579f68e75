"""Which version of a language a gist asks for, in its shebang or in the files of its package manager. Pure.

The requirements are those of Python (PEP 440, without pre-releases), npm (semver ranges), `go.mod` and `Cargo.toml`. A
version's name here has fewer parts than a requirement may have, such as 3.13; what both have is compared.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase

from gistrun.languages.language import Language
from gistrun.languages.said import Requirement
from gistrun.model import Gist, GistFile, Program

_CLAUSE = re.compile(r"(>=|<=|==|!=|~=|\^|~|>|<|=)?\s*v?(\d+(?:\.\d+)*)(?:\.[x*])?")
#: npm's range from one version to another: `18 - 20`.
_HYPHEN = re.compile(r"([\d.]+)\s+-\s+([\d.]+)")
_ANY = ("*", "x", "X")


def version_for(gist: Gist, entry: GistFile, language: Language) -> str | None:
    """The version of that language which the gist asks for; None where the default serves, or nothing does."""
    if said := language.shebang(entry):
        # A version may be another interpreter with a name of its own.
        for name in (said.version, said.interpreter):
            if name and language.at(name):
                return name
        for version in language.others:
            if version.interpreters != language.interpreters and said.is_one_of(version.interpreters):
                return version.version
    found = _found(gist.files, entry, language)
    if found is None:
        return None
    _, requirement = found
    if named := language.at(requirement.lower()):
        return named.version
    fitting = [version for version in language.versions if version.version and satisfies(version.version, requirement)]
    if not fitting or fitting[0] is language:
        return None
    return max(fitting, key=lambda version: _number(version.version or "")).version


def unmet(program: Program, language: Language) -> str | None:
    """What the program requires of its language's versions, if it must have it and none here fulfils it.

    None where another version than the default was asked for: whoever did that wants to try it.
    """
    entry = next((file for file in program.files if file.name == program.file), None)
    if entry is None or program.version not in (None, *language.numbers[:1]):
        return None
    found = _found(program.files, entry, language)
    if found is None or not found[0].must or not _CLAUSE.search(found[1]):
        return None
    requirement = found[1]
    return None if any(satisfies(name, requirement) for name in language.numbers) else requirement.strip()


def satisfies(name: str, requirement: str) -> bool:
    """Whether a version of that name fulfils a requirement such as `>=3.11,<3.14`, `^20 || ^22` or `1.24`."""
    number = _number(name)
    if not number:
        return False
    alternatives = [list(_CLAUSE.finditer(_HYPHEN.sub(r">=\1 <=\2", part))) for part in requirement.split("||")]
    return requirement.strip() in _ANY or any(
        clauses and all(_holds(number, clause[1] or "=", _number(clause[2])) for clause in clauses)
        for clauses in alternatives
    )


def _holds(number: tuple[int, ...], operator: str, wanted: tuple[int, ...]) -> bool:
    shared = min(len(number), len(wanted))
    mine, other = number[:shared], wanted[:shared]
    match operator:
        case ">=":
            return mine >= other
        case "<=":
            return mine <= other
        case ">":
            return mine > other
        case "<":
            # 3.14 has releases before 3.14.5.
            return mine < other or (mine == other and len(wanted) > shared)
        case "!=":
            return mine != other or len(wanted) > shared
        case "~=":
            return mine >= other and number[: len(wanted) - 1] == wanted[:-1][: len(number)]
        case "^":
            # Before 1.0 the second number is the one that breaks.
            kept = 1 if wanted[0] else 2
            return mine >= other and number[:kept] == wanted[:kept][: len(number)]
        case "~":
            return number[:2] == wanted[:2] if len(wanted) > 1 and len(number) > 1 else number[0] == wanted[0]
    return mine == other


def _found(files: Sequence[GistFile], entry: GistFile, language: Language) -> tuple[Requirement, str] | None:
    """The first place that says something, and the requirement that it says."""
    for source in language.requires:
        # A pattern for the names of programs is meant for the one that runs.
        among = [entry] if "*" in source.file else [file for file in files if file.name == source.file]
        for file in among:
            if fnmatchcase(file.name, source.file) and (said := source.told(file)):
                return source, f">={said}" if source.at_least else said
    return None


def _number(name: str) -> tuple[int, ...]:
    found = re.match(r"\d+(\.\d+)*", name)
    return tuple(int(part[:9]) for part in found[0].split(".")) if found else ()
