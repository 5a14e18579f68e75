"""Packages of crates.io.

In this order: a block for Cargo in the program (frontmatter, or rust-script's comments; see
https://rust-lang.github.io/rfcs/3502-cargo-script.html), `Cargo.toml`; else the crates that it uses and that are
popular. The lock is Cargo.toml and Cargo.lock, one after the other.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from gistrun.errors import PackagesRefused
from gistrun.model import Package, Program
from gistrun.packages.crates import popular, used
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}", re.ASCII)
_VERSION = re.compile(r"[0-9A-Za-z.*<>=^~,+ -]{1,100}", re.ASCII)
_FEATURE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_+./?-]{0,99}", re.ASCII)
_FRONTMATTER = re.compile(
    r"\A(?:#![^\n]{0,500}\n)?\s{0,200}(-{3,20})[ \t]{0,20}(?:cargo)?[ \t]{0,20}\n(.*?)^\1", re.M | re.S
)
_COMMENT = re.compile(r"^//[ \t]{0,8}cargo-deps:[ \t]{0,8}(\S[^\n]{0,1000})", re.M)
_ADDRESSES = ("git", "path", "registry", "registry-index", "branch", "tag", "rev", "workspace", "base", "artifact")
#: Conditions of tables of dependencies that hold in a sandbox.
_HOLDS = {
    "cfg(unix)",
    "cfg(target_os=linux)",
    "cfg(not(windows))",
    "cfg(not(target_arch=wasm32))",
    "cfg(not(target_os=windows))",
} | {"x86_64-unknown-linux-gnu"}


class Rust:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"index.crates.io", "static.crates.io", "crates.io"})
    lock_name = "lock.txt"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        named = tuple(_named(text) for text in program.packages)
        crates = used(program)
        for source, table in _declared(program):
            needs = tuple(_dependencies(table, source, crates))
            if needs:
                return (*named, *needs)
        if declared_only:
            return named
        return (*named, *(Need(name, _line(name, asked), "import") for name, asked in popular(program, crates)))

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        lines = {need.text.partition(" = ")[0]: need.text for need in reversed(wanted.needs)}
        return {"Cargo.toml": "\n".join([_MANIFEST, *reversed(lines.values()), ""]).encode()}

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        _, middle, text = lock.decode("utf-8").partition("-- Cargo.lock --\n")
        if not middle:
            raise ValueError("no lock of crates")
        listed = [(str(each["name"]), str(each["version"])) for each in tomllib.loads(text).get("package", [])]
        return tuple(Package(name, version, wanted.source(name)) for name, version in listed if name != "gist")

    def reason(self, said: str) -> str | None:
        for pattern, sentence in _REASONS:
            if found := re.search(pattern, said):
                return sentence.format(*found.groups())
        return None


#: What is compiled with the packages is a program, so that they are compiled to be linked. As with `cargo run` they are
#: not optimized: that takes four times as long for a crate such as regex.
_MANIFEST = """\
[package]
name = "gist"
version = "0.0.0"
edition = "2024"

[[bin]]
name = "gist"
path = "main.rs"

[profile.dev]
debug = false
incremental = false

[dependencies]"""

#: What Cargo says, and a sentence for it.
_REASONS = (
    (r"no matching package named `([^`\n]{1,100})` found", "There is no crate {0} on crates.io."),
    (r"no matching package found\nsearched package name: `([^`\n]{1,100})`", "There is no crate {0} on crates.io."),
    (
        r"package `gist[^\n]{0,100}depends on `([^`\n]{1,100})` with feature `([^`\n]{1,100})` but",
        "The crate {0} has no feature {1}.",
    ),
    (
        r"depends on `([^`\n]{1,100})`[^\n]{0,40} with feature `([^`\n]{1,100})` but",
        "The crate {0} has no feature {1}.",
    ),
    (
        r"failed to select a version for the requirement `([\w-]{1,64}) = \"([^\"\n]{1,100})\"",
        "The crate {0} has no version {1}.",
    ),
    (
        r"failed to select a version for `([^`\n]{1,100})`",
        "The crates that are asked for need different versions of {0}.",
    ),
    (
        r"rustc \S{1,20} is not supported by the following packages?:\s+([\w-]{1,64})@(\S{1,50}) "
        r"requires rustc (\S{1,20})",
        "{0} {1} needs Rust {2}, which is newer than this one.",
    ),
    (
        r"failed to run custom build command for `([\w-]{1,64}) v([^`\s]{1,50})",
        "The build script of {0} {1} failed; the output says why.",
    ),
    (r"could not compile `([\w-]{1,64})`", "The crate {0} could not be compiled; the output says why."),
    (r"checksum for `([\w-]{1,64}) v(\S{1,50})`", "{0} {1} is not what it was: its hash differs."),
)


def _declared(program: Program) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The manifests that the program has, with a name for each."""
    text = _text(program, program.file)
    block = _FRONTMATTER.match(text)
    if block:
        yield "cargo block", _toml(block[2], "The block for Cargo at the top")
    if "```cargo" in text:
        yield "cargo block", _toml(_in_comments(text), "The block for Cargo at the top")
    if comment := _COMMENT.search(text):
        yield "cargo-deps", {"dependencies": dict(_listed(comment[1]))}
    yield "Cargo.toml", _toml(_text(program, "Cargo.toml"), "Cargo.toml")


def _in_comments(text: str) -> str:
    """What a comment for documentation has between ```cargo and ```."""
    block: list[str] | None = None
    for line in text.splitlines():
        plain = re.sub(r"^[ \t]{0,20}(?://!|\*(?!/))? ?", "", line)
        if block is None:
            block = [] if plain.strip() == "```cargo" else None
        elif plain.startswith("```"):
            break
        else:
            block.append(plain)
    return "\n".join(block or ())


def _listed(text: str) -> Iterator[tuple[str, str]]:
    for item in text.split(","):
        name, _, version = item.partition("=")
        yield name.strip(), version.strip().strip('"') or "*"


def _dependencies(table: Mapping[str, Any], source: str, crates: frozenset[str]) -> Iterator[Need]:
    if table.get("patch") or table.get("replace"):
        raise PackagesRefused(_refusal("a patch", source))
    targets = table.get("target")
    for name, each in targets.items() if isinstance(targets, dict) else ():
        if re.sub(r"[\s\"']", "", name) in _HOLDS:
            yield from _dependencies({"dependencies": _table(each, source).get("dependencies")}, source, crates)
    for key in ("dependencies", "dev-dependencies", "dev_dependencies"):
        for name, value in _table(table.get(key), source).items():
            asked = {"version": value} if isinstance(value, str) else _table(value, source)
            maybe = key != "dependencies" or asked.get("optional") is True
            if not maybe or name.replace("-", "_") in crates:
                yield Need(str(asked.get("package", name)), _line(name, asked, source), source)


def _named(text: str) -> Need:
    """A crate that gist.toml names, with `@` and a version or without."""
    name, _, version = text.partition("@")
    return Need(name, _line(name, {"version": version or "*"}, "gist.toml"), "gist.toml")


def _line(name: str, asked: Mapping[str, Any], source: str = "import") -> str:
    """A line of a table of dependencies, of nothing but names, versions and features.

    Raises:
        PackagesRefused: there is something else in it.
    """
    if unknown := next((key for key in _ADDRESSES if key in asked), None):
        raise PackagesRefused(_refusal(f"{name} from a {unknown}", source))
    version, features = asked.get("version", "*"), asked.get("features", [])
    default = asked.get("default-features", asked.get("default_features", True))
    package = asked.get("package", name)
    right = (
        all(isinstance(each, str) for each in (version, package))
        and _NAME.fullmatch(name)
        and _NAME.fullmatch(package)
        and _VERSION.fullmatch(version)
        and isinstance(default, bool)
        and isinstance(features, list)
        and len(features) <= 100
        and all(isinstance(each, str) and _FEATURE.fullmatch(each) for each in features)
    )
    if not right:
        raise PackagesRefused(_refusal(f"{name} {version}", source))
    parts = [f"version = {json.dumps(version.strip())}"]
    if package != name:
        parts.append(f'package = "{package}"')
    if features:
        parts.append(f"features = {json.dumps(sorted(features))}")
    if not default:
        parts.append("default-features = false")
    return f"{name} = {{ {', '.join(parts)} }}"


def _refusal(text: str, source: str) -> str:
    where = {"cargo block": "The block for Cargo at the top", "cargo-deps": "The line with cargo-deps"}.get(
        source, source
    )
    return (
        f'{where} asks for “{text[:80]}”, which is not a crate of crates.io with a version, such as serde = "1". '
        "Addresses, paths, repositories and workspaces are not followed."
    )


def _table(value: Any, source: str) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise PackagesRefused(_refusal(str(value), source))
    return value


def _toml(text: str, what: str) -> dict[str, Any]:
    if len(text) > 16_384:
        raise PackagesRefused(f"{what} is larger than the 16,384 characters that are read.")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackagesRefused(f"{what} cannot be read: {error}.") from None


def _text(program: Program, name: str) -> str:
    content = next((file.content for file in program.files if file.name == name), b"")
    return content[:LOOKED_AT].decode("utf-8", "replace").replace("\r\n", "\n")
