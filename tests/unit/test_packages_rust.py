"""What Rust programs ask for."""

from __future__ import annotations

import time
import tomllib

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.rust import Rust
from gistrun.packages.wanted import Need, Wanted

RUST = Rust()


def needs(files: dict[str, str], *, declared_only: bool = False, packages: tuple[str, ...] = ()) -> list[Need]:
    listed = tuple(GistFile(name, content.encode()) for name, content in files.items())
    program = Program("rust", next(iter(files)), listed, packages=packages)
    return list(RUST.wanted(program, declared_only))


def imported(source: str, **more: str) -> list[str]:
    found = needs({"main.rs": source} | {f"{name}.rs": text for name, text in more.items()})
    assert {need.source for need in found} <= {"import"}
    return [need.name for need in found]


def asked(found: list[Need]) -> dict[str, object]:
    """As Cargo reads them."""
    table = tomllib.loads(RUST.request(Wanted(tuple(found)))["Cargo.toml"].decode())
    dependencies: dict[str, object] = table["dependencies"]
    return dependencies


@pytest.mark.parametrize(
    "source",
    [
        "use regex::Regex;",
        "use regex::{Regex, Captures};",
        "use ::regex::Regex;",
        "use regex::*;",
        "use regex as re;",
        "use regex;",
        "pub(crate) use regex::Regex;",
        "use {regex::Regex, std::io};",
        "extern crate regex;",
        "#[macro_use] extern crate regex as re;",
        "fn main() { let x = regex::Regex::new(1); }",
        "fn f(x: regex::Regex) {}",
        'fn main() { println!("{}", regex::escape("x")); }',
        "#[regex::main]\nfn main() {}",
        "fn main() { use regex::Regex; }",
    ],
)
def test_a_crate_at_the_start_of_a_path_is_used(source: str) -> None:
    assert imported(source) == ["regex"]


@pytest.mark.parametrize(
    "source",
    [
        "use std::time;\nfn main() { time::Instant::now(); }",
        "use std::{fmt, time::{self, Duration}};\nfn main() { time::Instant::now(); }",
        "mod regex { pub fn f() {} }\nuse regex::f;",
        "mod log;\nfn main() { log::f(); }",
        "use crate::regex::f;\nuse self::log::g;\nuse super::url::h;",
        "use no_such_crate_of_anyone::f;",
        "use std::collections::HashMap;\nuse core::fmt;\nextern crate alloc;",
        '// use regex::Regex;\nconst X: &str = "use regex::Regex;";',
        'fn main() { println!("std::time::x {}", std::time::Duration::ZERO.as_secs()); }',
        "use regexx::Regex;",
    ],
)
def test_what_is_no_popular_crate_is_left_to_the_compiler(source: str) -> None:
    assert imported(source) == []


def test_modules_are_looked_into_and_other_programs_are_not() -> None:
    assert imported("mod part;", part="use regex::Regex;", other="use rand::Rng;") == ["regex"]


def test_an_imported_crate_comes_with_what_one_usually_means() -> None:
    found = asked(needs({"main.rs": "use serde::Serialize; use rand::Rng; use tokio_util::codec;"}))
    assert found["serde"] == {"version": "*", "features": ["derive"]}
    assert found["rand"] == {"version": "*"}
    assert found["tokio-util"] == {"version": "*", "features": ["full"]}
    old = "use rand::Rng;\nfn main() { rand::thread_rng().gen_range(0..3); }"
    assert asked(needs({"main.rs": old})) == {"rand": {"version": "0.8"}}


TABLE = '[package]\nedition = "2021"\n[dependencies]\nrand = "0.8"\nserde = { version = "1", features = ["derive"] }\n'
ASKED = {"rand": {"version": "0.8"}, "serde": {"version": "1", "features": ["derive"]}}


@pytest.mark.parametrize(
    ("files", "source"),
    [
        ({"main.rs": f"---cargo\n{TABLE}---\nfn main() {{}}"}, "cargo block"),
        ({"main.rs": f"#!/usr/bin/env cargo\n\n---\n{TABLE}---\n"}, "cargo block"),
        ({"main.rs": f"-----\n{TABLE}-----\n"}, "cargo block"),
        ({"main.rs": "\r\n---\r\n" + TABLE.replace("\n", "\r\n") + "---\r\n"}, "cargo block"),
        (
            {"main.rs": "//! ```cargo\n" + "".join(f"//! {line}\n" for line in TABLE.splitlines()) + "//! ```\n"},
            "cargo block",
        ),
        ({"main.rs": f"/*!\n```cargo\n{TABLE}```\n*/\n"}, "cargo block"),
        ({"main.rs": "use regex::Regex;", "Cargo.toml": TABLE}, "Cargo.toml"),
    ],
)
def test_what_is_declared_counts_and_not_what_is_imported(files: dict[str, str], source: str) -> None:
    found = needs(files, declared_only=True)
    assert asked(found) == ASKED
    assert {need.source for need in found} == {source}


def test_a_line_with_cargo_deps() -> None:
    found = needs({"main.rs": '// cargo-deps: time="0.1.25", libc\nfn main() {}'})
    assert asked(found) == {"time": {"version": "0.1.25"}, "libc": {"version": "*"}}


def test_a_block_in_the_program_comes_before_cargo_toml() -> None:
    files = {"main.rs": '---\n[dependencies]\nrand = "0.7"\n---\n', "Cargo.toml": TABLE}
    assert asked(needs(files)) == {"rand": {"version": "0.7"}}


def test_a_cargo_toml_without_dependencies_leaves_it_to_the_imports() -> None:
    assert [need.source for need in needs({"main.rs": "use rand::Rng;", "Cargo.toml": "[package]\n"})] == ["import"]


def test_optional_and_dev_dependencies_count_where_they_are_used() -> None:
    table = '[dependencies]\nrand = { version = "1", optional = true }\n[dev-dependencies]\nproptest = "1"\n'
    used = "use rand::Rng;\nuse proptest::prelude::*;"
    assert [need.name for need in needs({"main.rs": used, "Cargo.toml": table})] == ["rand", "proptest"]
    assert needs({"main.rs": "", "Cargo.toml": table}) == []


def test_dependencies_for_other_systems_are_left_out() -> None:
    table = (
        "[target.'cfg(windows)'.dependencies]\nwinapi = \"0.3\"\n[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n"
    )
    assert [need.name for need in needs({"main.rs": "", "Cargo.toml": table})] == ["libc"]


def test_a_crate_may_have_another_name_in_the_program() -> None:
    table = '[dependencies]\nr = { package = "rand", version = "0.8", default-features = false }\n'
    (need,) = needs({"main.rs": "", "Cargo.toml": table})
    assert need.name == "rand"
    assert asked([need]) == {"r": {"package": "rand", "version": "0.8", "default-features": False}}


@pytest.mark.parametrize(
    "line",
    [
        'x = { git = "https://github.com/a/b" }',
        'x = { path = "../x" }',
        'x = { version = "1", path = "/etc" }',
        'x = { version = "1", registry = "mine" }',
        'x = { version = "1", registry-index = "https://a.com" }',
        "x = { workspace = true }",
        'x = { version = "1", branch = "main" }',
        'x = { version = "1\\" }\\n[patch.crates-io]\\ny = { path = \\"/\\" }" }',
        'x = "1\\n[patch]"',
        'x = "1\\u0000"',
        'x = "https://a.com/x.crate"',
        "x = 1",
        "x = []",
        "x = { version = 1 }",
        'x = { version = "1", features = "full" }',
        'x = { version = "1", features = [1] }',
        'x = { version = "1", features = ["a\\"]"] }',
        'x = { version = "1", default-features = "no" }',
        'x = { version = "1", package = "../y" }',
        'x = { version = "1", package = ["y"] }',
        '"../x" = "1"',
        '"x]\\n[patch" = "1"',
        '"--config" = "1"',
        f'x = "{"1" * 200}"',
        f'"{"x" * 100}" = "1"',
    ],
)
def test_what_is_no_crate_with_a_version_is_refused(line: str) -> None:
    with pytest.raises(PackagesRefused, match=r"Cargo\.toml asks for “"):
        needs({"main.rs": "", "Cargo.toml": f"[dependencies]\n{line}\n"})


@pytest.mark.parametrize(
    "text",
    [
        '[patch.crates-io]\nserde = { git = "https://a.com/serde" }\n',
        '[replace]\n"serde:1.0.0" = { git = "https://a.com/serde" }\n',
        "dependencies = 1\n",
        "dependencies = []\n",
        "[dependencies\n",
        "[dependencies]\n" + 'x = "1" #' + "x" * 20_000,
        "x = " + "[" * 5_000,
        'target = { "cfg(unix)" = { dependencies = 1 } }\n',
        'target = { "cfg(unix)" = 1 }\n',
    ],
)
def test_a_manifest_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(PackagesRefused):
        needs({"main.rs": "", "Cargo.toml": text})


def test_names_that_mean_something_elsewhere_are_names() -> None:
    assert asked(needs({"main.rs": "", "Cargo.toml": '[dependencies]\n__proto__ = "1"\n'})) == {
        "__proto__": {"version": "1"}
    }


@pytest.mark.parametrize("text", ["", "../x", "x@1\n[patch]", "-Z", "x y", "x@1@2", "file:///x"])
def test_gist_toml_names_crates_only(text: str) -> None:
    with pytest.raises(PackagesRefused, match=r"gist\.toml asks for"):
        needs({"main.rs": ""}, packages=(text,))


def test_gist_toml_adds_to_what_is_declared() -> None:
    found = needs({"main.rs": "", "Cargo.toml": TABLE}, packages=("itoa@1", "ryu"))
    assert asked(found) == ASKED | {"itoa": {"version": "1"}, "ryu": {"version": "*"}}
    assert [need.source for need in found[:2]] == ["gist.toml", "gist.toml"]


def test_a_lock_names_crates_and_why_they_are_there() -> None:
    lock = "-- Cargo.toml --\n[package]\n-- Cargo.lock --\nversion = 4\n"
    for name in ("gist", "serde", "serde_core"):
        lock += f'[[package]]\nname = "{name}"\nversion = "1.0.0"\n'
    assert RUST.packages(lock.encode(), Wanted((Need("serde", "serde = 1", "import"),))) == (
        Package("serde", "1.0.0", "import"),
        Package("serde_core", "1.0.0", "dependency"),
    )
    with pytest.raises(ValueError, match="no lock"):
        RUST.packages(b"version = 4", Wanted(()))


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "error: no matching package named `nothing` found\nlocation searched: crates.io index",
            "There is no crate nothing on crates.io.",
        ),
        (
            'error: failed to select a version for the requirement `itoa = "^99"`\ncandidate versions found',
            "The crate itoa has no version ^99.",
        ),
        (
            "error: failed to select a version for `serde`.\n... required by package `gist v0.0.0 (/request)`\n"
            "versions that meet the requirements `^1` are: 1.0.229\n\npackage `gist` depends on `serde` with feature "
            "`nothing` but `serde` does not have that feature.",
            "The crate serde has no feature nothing.",
        ),
        (
            "error: failed to run custom build command for `openssl-sys v0.9.1`\nerror: could not compile `x`",
            "The build script of openssl-sys 0.9.1 failed; the output says why.",
        ),
        ("error: could not compile `zmij` (lib)", "The crate zmij could not be compiled; the output says why."),
        ("killed", None),
    ],
)
def test_why_cargo_gave_up(said: str, reason: str | None) -> None:
    assert RUST.reason(said) == reason


def test_hostile_files_are_read_quickly() -> None:
    began = time.thread_time()
    for text in ("//! ```cargo\n" * 20_000, "-" * 200_000, "---\n" * 60_000, "use a::{" * 30_000, "m!(" * 60_000):
        for source in (text, f"---\n{text}", f"m!({text});", "x::" * 60_000 + text):
            try:
                needs({"main.rs": source, "Cargo.toml": text})
            except PackagesRefused:
                continue
    assert time.thread_time() - began < 10
