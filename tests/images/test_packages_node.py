"""Packages of npm in programs of Node, Deno and Bun, from the real registry."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first of a language may have to build its images

DECLARED = json.dumps({"dependencies": {"to-regex-range": "5.0.1"}})
REQUIRED = 'console.log(require("to-regex-range")(1, 3))\n'
IMPORTED = 'import toRegexRange from "to-regex-range"\nconsole.log(toRegexRange(1, 3))\n'
DENO = "#!/usr/bin/env -S deno run\n"


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"main.js": REQUIRED, "package.json": DECLARED}, "package.json"),
        ({"main.mjs": IMPORTED, "package.json": DECLARED}, "package.json"),
        ({"main.mjs": IMPORTED}, "import"),
        ({"main.js": IMPORTED}, "import"),
        ({"main.js": 'import("to-regex-range").then(found => console.log(found.default(1, 3)))\n'}, "import"),
        ({"main.ts": IMPORTED}, "import"),
        ({"main.coffee": 'console.log require("to-regex-range") 1, 3\n'}, "import"),
        ({"main.ls": 'console.log (require "to-regex-range") 1, 3\n'}, "import"),
        (
            {"main.js": IMPORTED.replace("to-regex-range", "npm:to-regex-range@5.0.1")},
            "npm:",
        ),
        ({"main.ts": DENO + IMPORTED}, "import"),
        (
            {
                "main.ts": IMPORTED.replace("to-regex-range", "range"),
                "deno.json": '{"imports": {"range": "npm:to-regex-range@5.0.1"}}',
            },
            "deno.json",
        ),
        ({"main.js": "#!/usr/bin/env bun\n" + IMPORTED}, "import"),
        ({"main.ts": "#!/usr/bin/env bun\n" + IMPORTED, "package.json": DECLARED}, "package.json"),
    ],
    ids=[
        "commonjs-declared",
        "module-declared",
        "module",
        "detected-module",
        "dynamic",
        "types",
        "coffeescript",
        "livescript",
        "deno-npm",
        "deno-types",
        "deno-map",
        "bun",
        "bun-types-declared",
    ],
)
def test_a_package_is_there(packaged: Packaged, files: dict[str, str], why: str) -> None:
    ran = packaged.run(files)
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1-3]\n"), ran
    assert ran.packages["to-regex-range"] == why
    assert ran.packages["is-number"] == "dependency"
    name = next(iter(files))
    again = packaged.run(files | {name: files[name] + "\n"}, lock=ran.lock)
    assert (again.outcome.state, again.installing, again.lock) == (State.PASSED, "", ran.lock)


@pytest.mark.parametrize("version", ["22", "20"])
def test_a_package_is_there_in_older_versions(packaged: Packaged, version: str) -> None:
    ran = packaged.run({"main.js": REQUIRED, "package.json": DECLARED}, version=version)
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1-3]\n"), ran


TYPED = 'import { chunk } from "lodash"\nconst parts: number[][] = chunk([1, 2, 3], 2)\nconsole.log(typeof parts)\n'


def test_types_are_found_when_a_program_is_compiled(packaged: Packaged) -> None:
    ran = packaged.run({"main.ts": TYPED})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "object\n"), ran
    assert ran.packages == {"lodash": "import", "@types/lodash": "types"}
    wrong = packaged.run({"main.ts": TYPED.replace("number[][]", "string")})
    assert (wrong.outcome.state, wrong.outcome.phase) == (State.FAILED, Phase.COMPILE), wrong


def test_types_of_node_are_there_once(packaged: Packaged) -> None:
    imports = 'import { WebSocket } from "ws"\nimport { hostname } from "node:os"\n'
    program = f"{imports}console.log(typeof WebSocket, typeof hostname())\n"
    ran = packaged.run({"main.ts": program})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "function string\n"), ran
    assert ran.packages["@types/ws"] == "types"


@pytest.mark.parametrize(
    ("dependencies", "message"),
    [
        ({"no-such-thing-of-gistrun": "1"}, "There is no package no-such-thing-of-gistrun on npm."),
        ({"to-regex-range": "99"}, "npm has no version that fits to-regex-range 99."),
        ({"fsevents": "2.3.3"}, "fsevents@2.3.3 does not run on this system."),
    ],
)
def test_what_cannot_be_had_is_told(packaged: Packaged, dependencies: dict[str, str], message: str) -> None:
    ran = packaged.run({"main.js": REQUIRED, "package.json": json.dumps({"dependencies": dependencies})})
    assert (ran.outcome.state, ran.outcome.phase, ran.outcome.message) == (State.FAILED, Phase.INSTALL, message), ran


def test_a_package_of_git_that_another_asks_for_is_refused(packaged: Packaged) -> None:
    manifest = json.dumps({"dependencies": {"web3-providers-ws": "1.2.1"}})
    ran = packaged.run({"main.js": REQUIRED, "package.json": manifest})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL), ran
    assert (ran.outcome.message or "").startswith("websocket@github:web3-js/WebSocket-Node"), ran


def test_what_a_package_brings_in_its_own_archive_is_there(packaged: Packaged) -> None:
    program = 'console.log(require("/node_modules/npm/node_modules/semver").valid("1.2.3"))\n'
    ran = packaged.run({"main.js": program, "package.json": '{"dependencies": {"npm": "10.9.0"}}'})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "1.2.3\n"), ran


def test_no_script_of_a_package_runs(packaged: Packaged) -> None:
    # The script that esbuild has for its installation would put a program of the processor's into this file's place.
    program = 'console.log(require("fs").readFileSync("/node_modules/esbuild/bin/esbuild", "latin1").slice(0, 19))\n'
    ran = packaged.run({"main.js": program, "package.json": '{"dependencies": {"esbuild": "0.25.0"}}'})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "#!/usr/bin/env node\n"), ran


def test_what_an_optional_package_lacks_is_left_out(packaged: Packaged) -> None:
    optional = {"no-such-thing-of-gistrun": "1", "fsevents": "2"}
    manifest = {"dependencies": {"to-regex-range": "5.0.1"}, "optionalDependencies": optional}
    ran = packaged.run({"main.js": REQUIRED, "package.json": json.dumps(manifest)})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "[1-3]\n"), ran


def test_packages_that_do_not_want_to_stand_beside_each_other_do(packaged: Packaged) -> None:
    manifest = {"dependencies": {"react": "17.0.2", "react-dom": "18.2.0"}}
    program = 'console.log(require("react").version, require("react-dom").version)\n'
    ran = packaged.run({"main.js": program, "package.json": json.dumps(manifest)})
    assert (ran.outcome.state, ran.stdout.split()[0]) == (State.PASSED, "17.0.2"), ran


def test_a_package_that_is_not_the_locks_is_refused(packaged: Packaged) -> None:
    files = {"main.js": REQUIRED, "package.json": '{"dependencies": {"to-regex-range": "5.0.0"}}'}
    ran = packaged.run(files)
    assert ran.lock
    lock = json.loads(ran.lock.text)
    lock["packages"]["node_modules/to-regex-range"]["integrity"] = f"sha512-{'A' * 86}=="
    forged = replace(ran.lock, text=json.dumps(lock).encode())
    ended = packaged.run(files, lock=forged)
    assert (ended.outcome.state, ended.outcome.phase) == (State.FAILED, Phase.INSTALL), ended


def test_a_program_cannot_change_what_is_installed(packaged: Packaged) -> None:
    write = 'require("fs").writeFileSync("/node_modules/to-regex-range/index.js", "")'
    program = f"try {{ {write} }} catch (error) {{ console.log(error.code) }}\n"
    ran = packaged.run({"main.js": program, "package.json": DECLARED})
    assert ran.stdout == "EROFS\n", ran
