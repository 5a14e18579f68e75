"""Modules of Go's proxy, from the real one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first may have to build images

UUID = "github.com/google/uuid"
PROGRAM = f"""package main

import (
	"fmt"
	"{UUID}"
)

func main() {{ fmt.Println(uuid.NewSHA1(uuid.NameSpaceDNS, []byte("x"))) }}
"""
PRINTED = "05b16a01-46c6-56dd-bd6e-c6dfb4a1427a\n"
#: A variable of a loop is one for all turns before Go 1.22.
LOOP = """package x

import (
	"fmt"
	"testing"

	"gopkg.in/yaml.v3"
)

func TestLoop(t *testing.T) {
	var all []func()
	for i := 0; i < 3; i++ {
		all = append(all, func() { fmt.Print(i) })
	}
	for _, each := range all {
		each()
	}
	_ = yaml.Node{}
}
"""


def test_an_imported_package_is_there_and_the_second_run_installs_nothing(packaged: Packaged) -> None:
    ran = packaged.run({"main.go": PROGRAM})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, PRINTED), ran
    assert ran.packages == {UUID: "import"}
    again = packaged.run({"main.go": PROGRAM + "// changed\n"}, lock=ran.lock)
    assert (again.outcome.state, again.stdout, again.installing) == (State.PASSED, PRINTED, "")


def test_an_older_go_gets_versions_that_fit_it(packaged: Packaged) -> None:
    ran = packaged.run({"main.go": PROGRAM}, version="1.24")
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, PRINTED), ran
    # The newest of golang.org/x need a newer Go than this one.
    texts = PROGRAM.replace(UUID, "golang.org/x/text/cases").replace(
        'uuid.NewSHA1(uuid.NameSpaceDNS, []byte("x"))', "cases.Fold().String(`A`)"
    )
    ran = packaged.run({"main.go": texts}, version="1.24")
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "a\n"), ran
    assert ran.packages == {"golang.org/x/text": "import"}


def test_a_declared_package_has_the_version_that_go_mod_names(packaged: Packaged) -> None:
    ran = packaged.run({"main.go": PROGRAM, "go.mod": f"module example.com/x\n\ngo 1.21\n\nrequire {UUID} v1.4.0\n"})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, PRINTED), ran
    assert ran.lock
    assert [(package.name, package.version, package.source) for package in ran.lock.packages] == [
        (UUID, "v1.4.0", "go.mod")
    ]


def test_the_language_is_that_of_the_version_in_go_mod(packaged: Packaged) -> None:
    mod = "module x\n\ngo {}\n\nrequire gopkg.in/yaml.v3 v3.0.1\n"
    old = packaged.run({"x_test.go": LOOP, "go.mod": mod.format("1.20")}, tests="go test")
    new = packaged.run({"x_test.go": LOOP, "go.mod": mod.format("1.22")}, tests="go test")
    assert "333" in old.stdout, old
    assert "012" in new.stdout, new
    assert old.outcome.state is new.outcome.state is State.PASSED


def test_a_package_that_there_is_not_is_named(packaged: Packaged) -> None:
    ran = packaged.run({"main.go": PROGRAM.replace(UUID, "github.com/no-such-owner-here/nothing")})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert ran.outcome.message == "The package github.com/no-such-owner-here/nothing was not found in the module proxy."


def test_a_module_that_is_not_the_locks_is_refused(packaged: Packaged) -> None:
    files = {"main.go": PROGRAM, "go.mod": f"module x\nrequire {UUID} v1.3.0\n"}
    ran = packaged.run(files)
    assert ran.lock
    assert b"h1:" in ran.lock.text
    forged = packaged.run(files, lock=replace(ran.lock, text=ran.lock.text.replace(b"h1:", b"h1:AAAA")))
    assert (forged.outcome.phase, forged.outcome.state) == (Phase.INSTALL, State.FAILED)
