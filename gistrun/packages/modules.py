"""What programs for Node, Deno and Bun import: the entry file, and what it imports of the gist's own files. Pure."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterable, Iterator

from gistrun.model import GistFile, Program
from gistrun.packages.syntax import find
from gistrun.packages.wanted import LOOKED_AT

_IMPORTS = """
(import_statement source: (string (string_fragment) @found))
(export_statement source: (string (string_fragment) @found))
((call_expression function: (identifier) @called arguments: (arguments . (string (string_fragment) @found)))
 (#eq? @called "require"))
((call_expression function: (member_expression) @called arguments: (arguments . (string (string_fragment) @found)))
 (#eq? @called "require.resolve"))
(call_expression function: (import) arguments: (arguments . (string (string_fragment) @found)))
"""
#: `import x = require("x")`, which only files with types may have.
_TYPED_IMPORTS = f"{_IMPORTS}\n(import_require_clause source: (string (string_fragment) @found))"
_TYPED, _MARKED_UP = (".ts", ".mts", ".cts"), ".tsx"
#: The grammars of these are not kept as libraries. What this finds too much is popular at least.
_SHORTHAND = (".coffee", ".litcoffee", ".ls")
_REQUIRE = re.compile(
    r"^(?![ \t]*#)[^\n]{0,200}?\brequire!?[ \t]{0,4}\(?[ \t]{0,4}[\"']([^\"'\n]{1,214})[\"']"
    r"|^[ \t]{0,40}import[ \t][^\n#\"']{0,200}[\"']([^\"'\n]{1,214})[\"']",
    re.MULTILINE,
)
#: The library of its standard that the image of such a language has.
_PRESENT = {"prelude-ls"}
_EXTENSIONS = ("", ".js", ".mjs", ".cjs", ".jsx", *_TYPED, _MARKED_UP, *_SHORTHAND)


def imported(program: Program) -> Iterator[str]:
    """Every specifier that is no file of the gist."""
    own = {os.path.normpath(file.name): file for file in program.files}
    waiting, seen = [program.file], {program.file}
    while waiting:
        name = waiting.pop()
        file = own.get(name)
        for specifier in _specifiers(file) if file else ():
            if not specifier.startswith("."):
                yield specifier
            elif (found := _own(own, os.path.join(os.path.dirname(name), specifier))) and found not in seen:
                seen.add(found)
                waiting.append(found)


def text(files: Iterable[GistFile], name: str) -> str:
    """What is in the file of that name; nothing if there is none."""
    content = next((file.content for file in files if file.name == name), b"")
    return content[:LOOKED_AT].decode("utf-8", "replace").removeprefix("\ufeff")


def _specifiers(file: GistFile) -> Iterator[str]:
    extension = os.path.splitext(file.name)[1].lower()
    if extension in _SHORTHAND:
        for found in _REQUIRE.finditer(text([file], file.name)):
            if (name := found[1] or found[2]) not in _PRESENT:
                yield name
    elif extension == ".json":
        return
    elif extension in _TYPED:
        yield from (found.text for found in find(file.content, "typescript:language_typescript", _TYPED_IMPORTS))
    elif extension == _MARKED_UP:
        yield from (found.text for found in find(file.content, "typescript:language_tsx", _TYPED_IMPORTS))
    else:
        yield from (found.text for found in find(file.content, "javascript", _IMPORTS))


def _own(own: Iterable[str], path: str) -> str | None:
    """The gist's file that is meant by a path, which may lack its extension or have that of what is made of it."""
    stem, extension = os.path.splitext(os.path.normpath(path))
    candidates = [os.path.normpath(path) + each for each in _EXTENSIONS]
    if extension in (".js", ".mjs", ".cjs"):
        candidates += [stem + each for each in (*_TYPED, _MARKED_UP)]
    return next((each for each in candidates if each in own), None)
