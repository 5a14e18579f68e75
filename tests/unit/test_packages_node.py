"""What programs of Node, Deno and Bun ask for, and what of it is refused."""

from __future__ import annotations

import json
import time

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.node import Node
from gistrun.packages.wanted import Need, Wanted

NODE = Node()


def wanted(*, declared_only: bool = False, packages: tuple[str, ...] = (), **files: str) -> list[tuple[str, str]]:
    """The first file runs."""
    found = tuple(GistFile(name.replace("__", "."), content.encode()) for name, content in files.items())
    program = Program("x", found[0].name, found, packages=packages)
    return [(need.text, need.source) for need in NODE.wanted(program, declared_only)]


def names(**files: str) -> list[str]:
    return [text for text, _ in wanted(**files)]


def declaring(version: object, name: str = "express") -> str:
    return json.dumps({"dependencies": {name: version}})


# What is imported


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ('import _ from "lodash"', "lodash"),
        ('import "lodash/fp.js"', "lodash"),
        ('import { chunk } from "lodash/fp"', "lodash"),
        ('export * from "lodash"', "lodash"),
        ('const _ = require("lodash")', "lodash"),
        ("const { chunk } = require('lodash/chunk')", "lodash"),
        ('await import("lodash")', "lodash"),
        ('require.resolve("lodash")', "lodash"),
        ('import { parse } from "@babel/core/lib"', "@babel/core"),
    ],
)
def test_an_import_is_found(line: str, found: str) -> None:
    assert wanted(main__mjs=line) == [(f"{found}@*", "import")]


@pytest.mark.parametrize(
    "line",
    [
        '// require("lodash")',
        '"require(\\"lodash\\")"',
        'require("lodash" + x)',
        "require(lodash)",
        'other("lodash")',
        'import "lodahs"',
        'import "@nobody/nothing"',
        'import "fs"',
        'import "fs/promises"',
        'import "node:test"',
        'import "bun:sqlite"',
        'import "#lodash"',
        'import "/lodash"',
        'import ""',
        'import "__proto__"',
        'import "../../lodash"',
    ],
)
def test_what_is_no_import_of_a_popular_package_is_not(line: str) -> None:
    assert wanted(main__mjs=line) == []


def test_the_gists_own_files_are_followed() -> None:
    files = {"main__mjs": 'import "./a"; import "./b.js"', "a__js": 'import "lodash"', "b__ts": 'import "axios"'}
    assert names(**files, other__js='import "express"') == ["axios@*", "lodash@*"]


def test_files_that_import_each_other_are_read_once() -> None:
    assert names(main__js='require("./a"); require("ws")', a__js='require("./main")') == ["ws@*"]


@pytest.mark.parametrize(
    "line", ['import x = require("ws")', 'import type { A } from "ws"', 'import { type A } from "ws"']
)
def test_types_come_with_what_has_none_of_its_own(line: str) -> None:
    assert wanted(main__ts=line) == [("ws@*", "import"), ("@types/ws@*", "types")]


def test_types_are_for_the_same_version() -> None:
    found = wanted(main__ts="", package__json=declaring("^4.17.1"))
    assert found == [("express@^4.17.1", "package.json"), ("@types/express@4.x", "types")]


def test_types_of_the_gists_own_choice_stay() -> None:
    manifest = json.dumps({"dependencies": {"ws": "8"}, "devDependencies": {"@types/ws": "8.5.0"}})
    assert names(main__ts="", package__json=manifest) == ["ws@8", "@types/ws@8.5.0"]


def test_languages_that_become_the_same_are_read_too() -> None:
    lines = (
        "_ = require 'lodash'\n  # require 'axios'\n{x} = require('ws')\nfs = require 'fs'\nimport y from \"chalk\"\n"
    )
    assert names(main__coffee=lines) == ["lodash@*", "ws@*", "chalk@*"]
    assert names(main__ls="require! 'prelude-ls'\n_ = require \"lodash\"") == ["lodash@*"]


# What is declared


def test_package_json_counts_and_imports_do_not() -> None:
    manifest = json.dumps({"dependencies": {"ws": "^8"}, "devDependencies": {"mocha": "*", "ws": "1"}})
    assert wanted(main__js='require("lodash")', package__json=manifest) == [
        ("ws@^8", "package.json"),
        ("mocha@*", "package.json"),
    ]


def test_imports_count_where_package_json_names_tools_only() -> None:
    manifest = json.dumps({"type": "module", "dependencies": {}, "devDependencies": {"mocha": "*"}})
    assert names(main__js='import "lodash"', package__json=manifest) == ["mocha@*", "lodash@*"]


def test_imports_do_not_count_where_only_declared_ones_are_allowed() -> None:
    files = {"main__js": 'import "lodash"; import "npm:ws@8"'}
    assert wanted(declared_only=True, **files) == [("ws@8", "npm:")]


def test_a_package_does_not_ask_for_itself() -> None:
    assert names(main__js='require("lodash")', package__json='{"name": "lodash"}') == []


@pytest.mark.parametrize(
    ("specifier", "text"),
    [
        ("npm:chalk", "chalk@*"),
        ("npm:chalk@5", "chalk@5"),
        ("npm:chalk@^5.1/sub/path.js", "chalk@^5.1"),
        ("npm:chalk/sub", "chalk@*"),
        ("npm:/@nobody/nothing@1/x", "@nobody/nothing@1"),
    ],
)
def test_a_specifier_of_npm(specifier: str, text: str) -> None:
    assert wanted(main__js=f'import "{specifier}"') == [(text, "npm:")]


def test_an_import_map_is_looked_through() -> None:
    imports = {"c": "npm:chalk@5", "lo/": "npm:/lodash@4/", "std/": "https://deno.land/std/", "unused": "npm:ws@8"}
    found = wanted(main__js='import "c"; import "lo/fp.js"', deno__json=json.dumps({"imports": imports}))
    assert found == [("chalk@5", "deno.json"), ("lodash@4", "deno.json")]


@pytest.mark.parametrize("address", ["https://deno.land/std@0.224.0/path/mod.ts", "http://example.com/x.js"])
def test_code_at_an_address_is_refused(address: str) -> None:
    with pytest.raises(PackagesRefused, match=f"imports {address}. Code at an address is not fetched"):
        wanted(main__ts=f'import * as x from "{address}"')
    with pytest.raises(PackagesRefused, match="Code at an address"):
        wanted(main__ts='import "std/x"', deno__json=json.dumps({"imports": {"std/": address}}))


def test_packages_of_jsr_are_refused() -> None:
    with pytest.raises(PackagesRefused, match="jsr:@std/path"):
        wanted(main__ts='import "jsr:@std/path@1"')
    with pytest.raises(PackagesRefused, match="jsr:@std/path"):
        wanted(main__ts='import "@std/path"', deno__json='{"imports": {"@std/path": "jsr:@std/path@1"}}')


def test_a_line_with_npm_install_confirms_what_is_imported() -> None:
    lines = "// First, npm install -g my-thing@2, then run it. Also: yarn add other-thing\n"
    assert wanted(main__js=f'{lines}require("my-thing")') == [("my-thing@2", "npm install")]


def test_gist_toml_adds() -> None:
    assert wanted(packages=("ws@8", "@types/ws"), main__js="") == [("ws@8", "gist.toml"), ("@types/ws@*", "gist.toml")]


@pytest.mark.parametrize(
    "version",
    [
        "",
        "*",
        "latest",
        "next-11",
        "4",
        "1.x",
        "^4.17.1",
        "~1.2",
        ">=1.2.3 <2 || ^4",
        ">= 1.2",
        "1.2.3 - 2.3.4",
        "v1.0.0",
        "=1",
        "4.0.0-beta.1",
        "1.0.0+build.5",
    ],
)
def test_a_version_is_taken(version: str) -> None:
    assert names(main__js="", package__json=declaring(version)) == [f"express@{version or '*'}"]


def test_an_alias_is_taken_by_its_own_name() -> None:
    assert names(main__js="", package__json=declaring("npm:@babel/core@^7", "babel")) == ["babel@npm:@babel/core@^7"]


@pytest.mark.parametrize(
    "version",
    [
        "file:../x",
        "link:x",
        "workspace:*",
        "portal:x",
        "git+ssh://git@h/x",
        "git://h/x",
        "user/repo",
        "github:user/repo",
        "gist:1",
        "https://h/x.tgz",
        "http://127.0.0.1/x",
        "x.tgz",
        "1.0.0-x.tgz",
        "1.0.0-x.tar.GZ",
        ".",
        "..",
        "../a",
        "./a",
        "~/x",
        "/etc",
        "C:\\x",
        "--registry=x",
        "-g",
        "1.2.3 --x",
        "$(x)",
        "`x`",
        "1\n2",
        "1\0",
        "\x1b[2J",
        "npm:../x",
        "npm:npm:x",
        "npm:x@file:y",
        "npm:",
        "npm:@",
        "é",
        "1" * 300,
        "1.2.3.4",
    ],
)
def test_what_is_no_version_is_refused(version: str) -> None:
    with pytest.raises(PackagesRefused) as refused:
        wanted(main__js="", package__json=declaring(version))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/x",
        "@x",
        "@x/",
        "@/x",
        "@x/y/z",
        "__proto__",
        "_x",
        ".bin",
        "node_modules",
        "a b",
        "a\nb",
        "a\0",
        "http://x",
        "a@b",
        "é",
        "x" * 215,
        "--registry=x",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(PackagesRefused):
        wanted(main__js="", package__json=declaring("1", name))


@pytest.mark.parametrize("name", ["constructor", "toString", "hasOwnProperty", "valueOf"])
def test_names_of_every_object_are_names_like_others(name: str) -> None:
    [need] = NODE.wanted(Program("x", "a.js", (GistFile("a.js", b""), _file(declaring("1", name)))), False)
    request = json.loads(NODE.request(Wanted((need,)))["package.json"])
    assert request["dependencies"] == {name: "1"}


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '"x"',
        "1",
        '{"dependencies": []}',
        '{"dependencies": "x"}',
        '{"dependencies": {"ws": 1}}',
        '{"dependencies": {"ws": null}}',
        '{"dependencies": {"ws": {"x": "y"}}}',
        "[" * 50_000,
        '{"a": "' + "x" * 70_000 + '"}',
    ],
)
def test_a_package_json_of_another_shape_is_refused(text: str) -> None:
    with pytest.raises(PackagesRefused):
        wanted(main__js="", package__json=text)


def test_only_names_and_versions_go_to_npm() -> None:
    further = {"scripts": {"install": "x"}, "overrides": {"ws": "file:x"}, "workspaces": ["x"]}
    manifest = {"dependencies": {"ws": "8"}, **further}
    needs = NODE.wanted(Program("x", "a.ts", (GistFile("a.ts", b""), _file(json.dumps(manifest)))), False)
    assert json.loads(NODE.request(Wanted(needs))["package.json"]) == {
        "private": True,
        "dependencies": {"ws": "8"},
        "optionalDependencies": {"@types/ws": "8.x"},
    }


@pytest.mark.parametrize(
    "content",
    [
        'require("' * 5_000,
        "import " * 8_000,
        "(" * 50_000,
        "{(" * 25_000,
        "a(" * 4_000 + "]" * 50_000,
        ("(" * 4_900 + "];\n") * 50,
        "npm install " * 5_000,
        "npm i\t" + "x " * 25_000,
        "\0" * 1000,
    ],
)
@pytest.mark.parametrize("name", ["main.js", "main.ts", "main.coffee"])
def test_hostile_files_take_little_time(name: str, content: str) -> None:
    began = time.process_time()
    NODE.wanted(Program("x", name, (GistFile(name, content.encode()),)), False)
    assert time.process_time() - began < 1


# Locks and reasons


def test_a_lock_is_read() -> None:
    locked = {
        "": {},
        "node_modules/ws": {"version": "8.1.0", "integrity": "sha512-x"},
        "node_modules/ws/node_modules/@a/b": {"version": "1.0.0", "integrity": "sha512-x"},
        "node_modules/ws/node_modules/c": {"version": "3.0.0", "inBundle": True},
        "node_modules/other": {"name": "real", "version": "2.0.0", "integrity": "sha512-x"},
    }
    needs = Wanted((Need("ws", "ws@8", "import"), Need("real", "other@npm:real@2", "package.json")))
    assert NODE.packages(json.dumps({"packages": locked}).encode(), needs) == (
        Package("ws", "8.1.0", "import"),
        Package("@a/b", "1.0.0", "dependency"),
        Package("c", "3.0.0", "dependency"),
        Package("real", "2.0.0", "package.json"),
    )


@pytest.mark.parametrize(
    ("fields", "there"),
    [
        ({}, True),
        ({"os": ["linux"]}, True),
        ({"os": ["darwin"]}, False),
        ({"os": ["!win32"]}, True),
        ({"os": ["!linux"]}, False),
        ({"cpu": ["mips"]}, False),
        ({"cpu": ["x64", "arm64"], "libc": ["glibc"]}, True),
        ({"libc": ["musl"]}, False),
    ],
)
def test_packages_for_other_systems_are_in_a_lock_and_are_not_there(fields: dict[str, list[str]], there: bool) -> None:
    entry = {"version": "1.0.0", "integrity": "sha512-x", "optional": True, **fields}
    lock = json.dumps({"packages": {"node_modules/ws": entry}}).encode()
    assert bool(NODE.packages(lock, Wanted(()))) is there


@pytest.mark.parametrize(
    "entry",
    [
        {"version": "1", "integrity": "sha512-x", "resolved": "git+ssh://git@h/x"},
        {"version": "1", "integrity": "sha512-x", "resolved": "https://h/x.tgz"},
        {"version": "1", "integrity": "sha512-x", "link": True},
        {"version": "1"},
    ],
)
def test_a_lock_with_anything_from_elsewhere_is_refused(entry: dict[str, object]) -> None:
    with pytest.raises(PackagesRefused, match="ws is not a package of npm"):
        NODE.packages(json.dumps({"packages": {"node_modules/ws": entry}}).encode(), Wanted(()))


def test_the_reason_is_what_the_installer_says_last() -> None:
    assert NODE.reason("Deprecated: x\nfailed: There is no package x on npm.\n") == "There is no package x on npm."
    assert NODE.reason("Deprecated: x\n") is None


def _file(text: str) -> GistFile:
    return GistFile("package.json", text.encode())
