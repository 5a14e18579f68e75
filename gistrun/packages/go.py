"""Packages of Go's module proxy.

`go.mod` says which versions; what is imported says which of their packages are compiled. An import that no line of
`go.mod` covers is a package of the latest version. The lock is go.mod, go.sum and the imports, one after the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.syntax import find
from gistrun.packages.wanted import DEPENDENCY, LOOKED_AT, Need, Wanted

_IMPORTS = "(import_spec path: (_) @found)"
#: As https://go.dev/ref/mod#go-mod-file-ident has it: the first element is a host with a domain, no element is hidden.
_PATH = re.compile(r"(?=.{3,255}\Z)[a-z0-9][a-z0-9.-]{0,120}\.[a-z]{2,24}(?:/[\w~+-][\w.~+-]{0,200}){0,20}", re.ASCII)
_VERSION = re.compile(r"v\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,100})?(?:\+[0-9A-Za-z.-]{1,100})?", re.ASCII)
#: Names that programs and documents use and nobody has.
_NOBODYS = re.compile(r"(?:[\w-]+\.)?(?:example(?:\.(?:com|org|net))?|test|local|localhost|invalid)(?:/|\Z)")
_GIST_TOML = "gist.toml"


class Go:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"proxy.golang.org", "sum.golang.org", "storage.googleapis.com"})
    lock_name = "lock.txt"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        named = [_named(text) for text in program.packages]
        file = next((file for file in program.files if file.name == "go.mod"), None)
        own, required = _module(_text(file)) if file else ("", {})
        declared = [*named, *(Need(path, f"{path} {version}", "go.mod") for path, version in required.items())]
        needs = list(declared)
        for path in dict.fromkeys(_imported(program)):
            if own and _is_within(path, own):
                continue
            source = next((need.source for need in declared if _is_within(path, need.name)), "import")
            if source != "import" or not declared_only:
                needs.append(Need(path, path, source))
        return tuple(needs)

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        required, named, imported = "", "", ""
        for need in wanted.needs:
            path, _, version = need.text.partition(" ")
            if need.source == _GIST_TOML and version:
                named += f"{path}@{version}\n"
            elif version:
                required += f"require {need.text}\n"
            else:
                imported += f'import _ "{path}"\n'
        return {
            "go.mod": f"module gist\n{required}".encode(),
            "named": named.encode(),
            "packages.go": f"package gist\n{imported}".encode(),
        }

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        text = lock.decode("utf-8").partition("-- go.sum --\n")
        if not text[0].startswith("-- go.mod --\n") or not text[1]:
            raise ValueError("no lock of Go modules")
        _, required = _module(text[0])
        return tuple(Package(path, version, _source(path, wanted)) for path, version in required.items())

    def reason(self, said: str) -> str | None:
        for pattern, sentence in _REASONS:
            if found := re.search(pattern, said):
                return sentence.format(*(group or "" for group in found.groups()))
        return None


#: What Go says, and a sentence for it.
_REASONS = (
    (
        r"module (\S{1,255}?)@(\S{1,100}) requires go >= (\S{1,20})",
        "{0} {1} needs Go {2}, which is newer than this one.",
    ),
    (r"(\S{1,255}?)@(\S{1,100}) requires go >= (\S{1,20})", "{0} {1} needs Go {2}, which is newer than this one."),
    (
        r"module \S{1,255} found[^\n]{0,200}, but does not contain package (\S{1,255})",
        "There is no package {0} in its module any more.",
    ),
    (
        r"packages\.go:\d+:\d+: (?:module )?(\S{1,255}?): (?:reading|unrecognized|invalid|module|cannot)",
        "The package {0} was not found in the module proxy.",
    ),
    (
        r"cannot find module providing package (\S{1,255}?)(?::|\s|\Z)",
        "The package {0} was not found in the module proxy.",
    ),
    (
        r"go: (\S{1,255}?)@(\S{1,100}?): (?:invalid version|reading|unrecognized|not found)",
        "The version {1} of {0} was not found in the module proxy.",
    ),
    (r"verifying (\S{1,255}?)@(\S{1,100}?): checksum mismatch", "{0} {1} is not what it was: its hash differs."),
)


def _named(text: str) -> Need:
    """A package that gist.toml names, with `@` and a version or without."""
    path, _, version = text.partition("@")
    if not _PATH.fullmatch(path) or not (version in ("", "latest") or _VERSION.fullmatch(version)):
        raise PackagesRefused(_refusal(text, _GIST_TOML))
    return Need(path, f"{path} {version or 'latest'}", _GIST_TOML)


def _module(text: str) -> tuple[str, dict[str, str]]:
    """The path of the module that a go.mod is of, and the versions that it requires.

    Raises:
        PackagesRefused: it asks for something that is no version of a module.
    """
    own, required, instead = "", dict[str, str](), dict[str, str]()
    for directive, words in _directives(text):
        if directive == "module" and words:
            own = words[0]
        elif directive == "require":
            if len(words) != 2 or not _PATH.fullmatch(words[0]) or not _VERSION.fullmatch(words[1]):
                raise PackagesRefused(_refusal(" ".join(words), "go.mod"))
            required[words[0]] = words[1]
        elif directive == "replace":
            before, after = _around(words, "=>")
            if len(after) != 2 or after[0] != before[0] or not _VERSION.fullmatch(after[1]):
                raise PackagesRefused(_refusal(f"replace {' '.join(words)}", "go.mod"))
            instead[after[0]] = after[1]
    return own, {path: instead.get(path, version) for path, version in required.items()}


def _directives(text: str) -> Iterator[tuple[str, list[str]]]:
    """The lines of a go.mod: each with the word that it, or the block around it, starts with."""
    block = ""
    for line in text.splitlines():
        words = [word.strip('"`') for word in line.partition("//")[0].split()]
        if block:
            if words == [")"]:
                block = ""
            elif words:
                yield block, words
        elif words[1:] == ["("]:
            block = words[0]
        elif words:
            yield words[0], words[1:]


def _around(words: list[str], middle: str) -> tuple[list[str], list[str]]:
    at = words.index(middle) if middle in words else 0
    return words[:at] or [""], words[at + 1 :]


def _imported(program: Program) -> Iterator[str]:
    for file in program.files:
        if file.name.endswith(".go"):
            for found in find(file.content, "go", _IMPORTS):
                path = found.text[1:-1]  # the quotation marks
                if _PATH.fullmatch(path) and not _NOBODYS.match(path):
                    yield path


def _is_within(path: str, module: str) -> bool:
    return path == module or path.startswith(f"{module}/")


def _source(path: str, wanted: Wanted) -> str:
    found = (need.source for need in wanted.needs if _is_within(need.name, path))
    return next(found, DEPENDENCY)


def _text(file: GistFile) -> str:
    return file.content[:LOOKED_AT].decode("utf-8", "replace")


def _refusal(text: str, source: str) -> str:
    return (
        f"{source} asks for “{text[:80]}”, which is not a module with a version, such as github.com/google/uuid "
        "v1.6.0. Paths, branches and replacements by other modules are not followed."
    )
