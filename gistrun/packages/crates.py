"""Which crates a Rust program uses, and which of those are popular. Pure.

A name at the start of a path is a crate, unless the program has a module of that name or `use` brought the name in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gistrun.model import GistFile, Program
from gistrun.packages.syntax import find

_USES = "(use_declaration argument: (_) @found)"
_NAMED = "(extern_crate_declaration name: (identifier) @found)"
_PATHS = """
(scoped_identifier path: (identifier) @found)
(scoped_type_identifier path: (identifier) @found)
(scoped_use_list path: (identifier) @found)
(use_wildcard (identifier) @found)
"""
_MODULES = "(mod_item name: (identifier) @found)"
_IN_MACROS = "(macro_invocation (token_tree) @found)"
_PATH_IN_MACRO = re.compile(r"(?<![\w:.'\"])([a-z_][a-z0-9_]{0,63})::")
_FIRST = re.compile(r"(?:::)?(?:r#)?([A-Za-z_]\w{0,63})")
_LAST = re.compile(r"\b([A-Za-z_]\w{0,63})\b(?!\s{0,8}::)")


def used(program: Program) -> frozenset[str]:
    """The names of crates that the program may mean, as they are written in it."""
    files = {file.name: file for file in program.files}
    waiting, seen = [program.file, *(["lib.rs"] if "Cargo.toml" in files else [])], set[str]()
    starts, own, brought = set[str](), set[str](), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen or name not in files:
            continue
        seen.add(name)
        modules = {found.text for found in find(files[name].content, "rust", _MODULES)}
        own |= modules
        waiting += [f"{module}.rs" for module in modules]
        _look(files[name], starts, brought)
    return frozenset(starts - own - brought)


def _look(file: GistFile, starts: set[str], brought: set[str]) -> None:
    def texts(query: str) -> Iterator[str]:
        return (found.text for found in find(file.content, "rust", query))

    starts.update(texts(_NAMED))
    starts.update(texts(_PATHS))
    for text in texts(_IN_MACROS):
        starts.update(_PATH_IN_MACRO.findall(text))
    for text in texts(_USES):
        if first := _FIRST.match(text):
            starts.add(first[1])
            if first[0] != text:
                brought.update(set(_LAST.findall(text)) - {first[1]})


def popular(program: Program, crates: frozenset[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Those that are popular, with the version and the features that one usually means."""
    content = next((file.content for file in program.files if file.name == program.file), b"")
    words = set(re.findall(r"\w{1,64}", content.decode("utf-8", "replace")))
    for module in sorted(crates & _known().keys()):
        name, features, older, signs = _known()[module]
        version = older if words & signs else "*"
        yield name, {"version": version, "features": features}


@cache
def _known() -> Mapping[str, tuple[str, list[str], str, frozenset[str]]]:
    """By the name in programs: crate, features, an older version, and words that only it has."""
    path = Path(__file__).parent / "data" / "rust.tsv"
    rows = (line.split("\t") for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {
        name.replace("-", "_"): (name, features.split(), older, frozenset(signs.split()))
        for name, features, older, signs in rows
    }
