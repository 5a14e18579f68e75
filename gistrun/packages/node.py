"""Packages of npm, for programs of Node, Deno and Bun.

`package.json` declares them, and so do `npm:` in an import and in the import map of `deno.json`; else what is imported
by a bare name. Programs with types also get the types that others have written for what they ask for.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from gistrun.errors import PackagesRefused
from gistrun.model import Package, Program
from gistrun.packages import npm
from gistrun.packages.modules import imported, text
from gistrun.packages.wanted import Need, Wanted

#: Where `package.json` names packages, in the order in which the first counts; and as what.
_TABLES = ("dependencies", "optionalDependencies", "peerDependencies", "devDependencies")
_OPTIONAL, _TYPES = "optionalDependencies", "types"
_TYPED = (".ts", ".mts", ".cts", ".tsx")
#: Lines such as `// npm install lodash`. Their words only confirm what is imported, because comments go on in prose.
_INSTALL_LINE = re.compile(r"\b(?:npm|pnpm|yarn|bun)[ \t]{1,4}(?:i|install|add)[ \t]{1,4}(\S[^\n]{0,300})")
_JSON_CHARACTERS = 65_536
#: Node's own modules, as `module.builtinModules` of Node 24 has them, and Bun's.
_BUILT_IN = frozenset(
    """
    assert async_hooks buffer bun child_process cluster console constants crypto dgram diagnostics_channel dns domain
    events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
    stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib
    """.split()  # noqa: SIM905 - a list of texts would take fifty lines
)
#: What npm calls the processors, by what the system calls them.
_PROCESSORS = {"x86_64": "x64", "aarch64": "arm64"}


class Node:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"registry.npmjs.org"})
    lock_name = "package-lock.json"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        needs: dict[str, Need] = {}
        for need in self._asked(program, declared_only):
            needs.setdefault(npm.parted(need.text)[0], need)
        if program.file.lower().endswith(_TYPED):
            for types in map(_types, tuple(needs.values())):
                if types:
                    needs.setdefault(types.name, types)
        return tuple(needs.values())

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        tables: dict[str, dict[str, str]] = {"dependencies": {}, "optionalDependencies": {}}
        for need in wanted.needs:
            name, version = npm.parted(need.text)
            tables["optionalDependencies" if need.source in (_OPTIONAL, _TYPES) else "dependencies"][name] = version
        return {"package.json": json.dumps({"private": True, **tables}).encode()}

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        """From a lock of npm (https://docs.npmjs.com/cli/v11/configuring-npm/package-lock-json)."""
        found = []
        for path, each in json.loads(lock)["packages"].items():
            if not path:
                continue
            name = str(each.get("name") or path.rpartition("node_modules/")[2])
            # What another package brings in its own archive has no hash of its own.
            if each.get("link") or "resolved" in each or not (each.get("integrity") or each.get("inBundle")):
                raise PackagesRefused(f"{name} is not a package of npm, but another one asks for it.")
            if _fits(each):
                found.append(Package(name, str(each["version"]), wanted.source(name)))
        return tuple(dict.fromkeys(found))

    def reason(self, said: str) -> str | None:
        found = re.search(r"^failed: (.{1,400})", said, re.MULTILINE)
        return found[1] if found else None

    def _asked(self, program: Program, declared_only: bool) -> Iterator[Need]:
        for each in program.packages:
            yield npm.named(each, "gist.toml")
        manifest = _table(program, "package.json")
        yield from _declared(manifest)
        mapped = npm.table(_table(program, "deno.json").get("imports"), "deno.json")
        confirmed = _confirmed(program)
        complete = declared_only or bool(manifest.get("dependencies"))
        for specifier in dict.fromkeys(imported(program)):
            target = _through(mapped, specifier)
            if target.startswith("jsr:"):
                raise PackagesRefused(
                    f"The program asks for {target[:80]}. Packages of JSR are not installed, only npm's."
                )
            if target.startswith(("https://", "http://")):
                raise PackagesRefused(
                    f"The program imports {npm.shown(target)}. Code at an address is not fetched, only packages of npm."
                )
            if target.startswith("npm:"):
                yield _specified(target, "npm:" if target == specifier else "deno.json")
                continue
            name = npm.of_module(target)
            if name is None or name in _BUILT_IN or name == manifest.get("name"):
                continue
            if name in confirmed:
                yield confirmed[name]
            elif not complete and name in _popular():
                yield Need(name, f"{name}@*", "import")


def _declared(manifest: Mapping[str, Any]) -> Iterator[Need]:
    for title in _TABLES:
        for name, version in npm.table(manifest.get(title), "package.json").items():
            yield npm.need(name, version, _OPTIONAL if title == _OPTIONAL else "package.json")


def _confirmed(program: Program) -> dict[str, Need]:
    """What lines with `npm install` name."""
    found: dict[str, Need] = {}
    for line in _INSTALL_LINE.findall(text(program.files, program.file)):
        for word in re.split(r"[ \t]+", line):
            if word[:1] in ("&", ";", "|", ">", "#"):
                break
            try:
                need = npm.named(word.strip("\"'`,;.()"), "npm install")
            except PackagesRefused:
                continue
            found.setdefault(need.name, need)
    return found


def _through(mapped: Mapping[str, str], specifier: str) -> str:
    """What a specifier stands for in an import map: itself, or what the longest key makes of it."""
    if specifier in mapped:
        return mapped[specifier]
    folders = [key for key in mapped if key.endswith("/") and specifier.startswith(key)]
    key = max(folders, key=len, default="")
    return mapped[key] + specifier.removeprefix(key) if key else specifier


def _specified(specifier: str, source: str) -> Need:
    """The package of `npm:chalk@5` or `npm:/@std/x@1/sub/path`."""
    rest = specifier.removeprefix("npm:").removeprefix("/")
    name, version = npm.parted(rest)
    if not version:
        return npm.named(npm.of_module(rest) or rest, source)
    return npm.need(name, version.partition("/")[0], source)


def _types(need: Need) -> Need | None:
    """The types that others have written for a package, for the same first number of its version; if there are any."""
    name = f"@types/{need.name.removeprefix('@').replace('/', '__')}"
    if need.name.startswith("@types/") or name not in _popular():
        return None
    first = re.fullmatch(r"[\^~=v]{0,2}([1-9]\d{0,5})(?:\.[\dx*]{1,6}){0,2}", npm.parted(need.text)[1])
    return Need(name, f"{name}@{first[1]}.x" if first else f"{name}@*", _TYPES)


def _fits(locked: Mapping[str, Any]) -> bool:
    """Whether npm installs that entry of a lock here. A lock also has those for other systems."""
    here = {"os": "linux", "cpu": _PROCESSORS.get(platform.machine(), platform.machine()), "libc": "glibc"}
    for kind, mine in here.items():
        names = [str(name) for name in locked.get(kind) or ()]
        if f"!{mine}" in names or (names and mine not in names and not any(name.startswith("!") for name in names)):
            return False
    return True


def _table(program: Program, name: str) -> Mapping[str, Any]:
    """The JSON object in that file; empty where there is no such file.

    Raises:
        PackagesRefused: it holds something else.
    """
    content = text(program.files, name)
    if not content.strip():
        return {}
    if len(content) > _JSON_CHARACTERS:
        raise PackagesRefused(f"{name} is larger than the {_JSON_CHARACTERS:,} characters that are read.")
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise PackagesRefused(f"{name} cannot be read: {error}.") from None
    if not isinstance(value, dict):
        raise PackagesRefused(f"{name} does not hold an object of JSON.")
    return value


@cache
def _popular() -> frozenset[str]:
    path = Path(__file__).parent / "data" / "node.txt"
    return frozenset(path.read_text(encoding="utf-8").splitlines()[1:])
