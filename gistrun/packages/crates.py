"""Which crates a Rust program uses, and which of those are popular. Pure.

A name at the start of a path is a crate, unless the program has a module of that name or `use` brought the name in.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from tree_sitter import Node

from gistrun.model import Program
from gistrun.packages.syntax import walk

#: What may have the name of a crate at its start, and what has a name.
_PATHS = ("scoped_identifier", "scoped_type_identifier", "scoped_use_list", "use_wildcard")
_DECLARED = ("extern_crate_declaration", "mod_item")
_PATH_IN_MACRO = re.compile(r"(?<![\w:.'\"])([a-z_][a-z0-9_]{0,63})::")
_FIRST = re.compile(r"(?:::)?(?:r#)?([A-Za-z_]\w{0,63})")
#: What `use` brings in: the ends of its paths, and what has `self` in its braces.
_ITSELF = re.compile(r"\b([A-Za-z_]\w{0,63})\s{0,8}::\s{0,8}\{[^{}]{0,500}?\bself\b")
_LAST = re.compile(r"\b([A-Za-z_]\w{0,63})\b(?!\s{0,8}::)")


@dataclass
class _Names:
    """The names in a program."""

    #: Names at the start of a path.
    starts: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    #: What `use` brings in.
    brought: set[str] = field(default_factory=set)


def used(program: Program) -> frozenset[str]:
    """The names of crates that the program may mean, as they are written in it."""
    files = {file.name: file for file in program.files}
    waiting, seen = [program.file, *(["lib.rs"] if "Cargo.toml" in files else [])], set[str]()
    names = _Names()
    while waiting:
        name = waiting.pop()
        if name not in seen and name in files:
            seen.add(name)
            before = set(names.modules)
            for node in walk(files[name].content, "rust"):
                _look(node, names)
            waiting += [f"{module}.rs" for module in names.modules - before]
    return frozenset(names.starts - names.modules - names.brought)


def _look(node: Node, names: _Names) -> None:
    if node.type in _PATHS:
        first = node.child_by_field_name("path") or node.named_child(0)
        if first is not None and first.type == "identifier":
            names.starts.add(_text(first))
    elif node.type in _DECLARED:
        of = names.modules if node.type == "mod_item" else names.starts
        of.add(_text(node.child_by_field_name("name")))
    elif node.type == "macro_invocation":
        names.starts.update(_PATH_IN_MACRO.findall(_text(node)))
    elif node.type == "use_declaration":
        text = _text(node.child_by_field_name("argument"))
        if first_name := _FIRST.match(text):
            names.starts.add(first_name[1])
            if first_name[0] != text:
                names.brought.update({*_LAST.findall(text), *_ITSELF.findall(text)} - {first_name[1]})


def _text(node: Node | None) -> str:
    return (node.text or b"").decode("utf-8", "replace") if node else ""


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
