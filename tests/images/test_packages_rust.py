"""Crates of crates.io, from the real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first may have to build images

IMPORTED = 'fn main() { println!("{}", itoa::Buffer::new().format(12)); }\n'
BLOCK = '#!/usr/bin/env cargo\n---cargo\n[package]\nedition = "2021"\n[dependencies]\nitoa = "=1.0.9"\n---\n' + IMPORTED
#: serde_derive is a macro: code of it runs when a program is compiled.
MACRO = """use serde::Serialize;
#[derive(Serialize)]
struct Point { x: i32 }
fn main() { println!("{}", serde_json::to_string(&Point { x: 1 }).unwrap()); }
"""
#: libc has a script that runs when it is compiled (build.rs).
SCRIPT = 'fn main() { println!("{}", unsafe { libc::getpid() } > 0); }\n'


def test_an_imported_crate_is_there_and_the_second_run_installs_nothing(packaged: Packaged) -> None:
    ran = packaged.run({"main.rs": IMPORTED})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "12\n"), ran
    assert ran.packages == {"itoa": "import"}
    again = packaged.run({"main.rs": IMPORTED + "// changed\n"}, lock=ran.lock)
    assert (again.outcome.state, again.stdout, again.installing) == (State.PASSED, "12\n", "")


def test_a_block_at_the_top_declares_crates(packaged: Packaged) -> None:
    ran = packaged.run({"main.rs": BLOCK})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "12\n"), ran
    assert ran.lock
    assert [(package.name, package.version, package.source) for package in ran.lock.packages] == [
        ("itoa", "1.0.9", "cargo block")
    ]


def test_macros_run_where_there_is_no_network(packaged: Packaged) -> None:
    ran = packaged.run_anew({"main.rs": MACRO})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, '{"x":1}\n'), ran
    assert "Compiling serde_derive" in ran.installing


def test_a_build_script_runs_after_the_installation_and_not_in_it(packaged: Packaged) -> None:
    ran = packaged.run_anew({"main.rs": SCRIPT, "Cargo.toml": '[dependencies]\nlibc = "=0.2.150"\n'})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "true\n"), ran
    before, after = ran.installing.split("Installing libc")
    assert "Compiling" not in before
    assert "Compiling libc" in after


def test_tests_have_the_crates_too(packaged: Packaged) -> None:
    source = '#[test]\nfn one() { assert_eq!(itoa::Buffer::new().format(1), "1"); }\n'
    ran = packaged.run({"tests.rs": source}, tests="rustc --test")
    assert ran.outcome.state is State.PASSED, ran


def test_a_crate_that_there_is_not_is_named(packaged: Packaged) -> None:
    ran = packaged.run({"main.rs": IMPORTED, "Cargo.toml": '[dependencies]\nno-such-crate-here-at-all = "1"\n'})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert ran.outcome.message == "There is no crate no-such-crate-here-at-all on crates.io."


def test_a_crate_that_is_not_the_locks_is_refused(packaged: Packaged) -> None:
    source = BLOCK.replace("1.0.9", "1.0.8")
    ran = packaged.run({"main.rs": source})
    assert ran.lock
    _, _, checksum = ran.lock.text.rpartition(b'checksum = "')
    text = ran.lock.text.replace(checksum[:8], b"00000000")
    forged = packaged.run({"main.rs": source}, lock=replace(ran.lock, text=text))
    assert (forged.outcome.phase, forged.outcome.state) == (Phase.INSTALL, State.FAILED), forged
