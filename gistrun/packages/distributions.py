"""What a program imports, as distributions of PyPI: only those among the most downloaded."""

from __future__ import annotations

import os.path
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from packaging.utils import canonicalize_name
from stdlibs import stdlib_module_names

from gistrun.model import Program
from gistrun.packages.syntax import find
from gistrun.packages.wanted import Need

_EXTENSIONS = (".py", ".pyw", "")
_IMPORTS = """
(import_statement name: (dotted_name) @found)
(import_statement name: (aliased_import name: (dotted_name) @found))
(import_from_statement module_name: (dotted_name) @found)
"""


def imported(program: Program) -> Iterator[Need]:
    """What the entry file imports, and the gist's own modules that it imports."""
    own = {
        os.path.splitext(file.name)[0]: file for file in program.files if file.name.lower().endswith(_EXTENSIONS[:2])
    }
    waiting = [file for file in program.files if file.name == program.file]
    seen = set[str]()
    distributions: dict[str, str] = {}
    while waiting:
        file = waiting.pop()
        for found in find(file.content, "python", _IMPORTS):
            name = found.text
            top = name.partition(".")[0]
            if top in own:
                if top not in seen:
                    waiting.append(own[top])
                seen.add(top)
            elif top not in _standard() and (distribution := _distribution(name)):
                distributions.setdefault(distribution, f"line {found.line} of {file.name}")
    return (Need(canonicalize_name(name), name, "import", where) for name, where in distributions.items())


def _distribution(module: str) -> str | None:
    """The distribution that has that module, or None if no popular one does."""
    known = _distributions()
    parts = module.split(".")
    for length in range(min(len(parts), 3), 0, -1):
        if found := known.get(".".join(parts[:length])):
            return found
    return None


@cache
def _distributions() -> dict[str, str]:
    path = Path(__file__).parent / "data" / "python.tsv"
    return dict(line.split("\t") for line in path.read_text(encoding="utf-8").splitlines())


@cache
def _standard() -> frozenset[str]:
    """The modules of the standard library of any Python 3, and of Python 2: nothing on PyPI is meant by those."""
    return stdlib_module_names("all") | {"__future__", "__main__"}
