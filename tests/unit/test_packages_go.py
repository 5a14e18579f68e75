"""What Go programs ask for."""

from __future__ import annotations

import time

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.go import Go
from gistrun.packages.wanted import Need, Wanted

GO = Go()
UUID = "github.com/google/uuid"
PROGRAM = f'package main\n\nimport (\n\t"fmt"\n\t"{UUID}"\n)\n'


def needs(files: dict[str, str], *, declared_only: bool = False, packages: tuple[str, ...] = ()) -> list[Need]:
    listed = tuple(GistFile(name, content.encode()) for name, content in files.items())
    program = Program("go", next(iter(files)), listed, packages=packages)
    return list(GO.wanted(program, declared_only))


def texts(source: str, mod: str | None = None, *, declared_only: bool = False) -> list[tuple[str, str]]:
    files = {"main.go": source} | ({"go.mod": mod} if mod is not None else {})
    return [(need.text, need.source) for need in needs(files, declared_only=declared_only)]


@pytest.mark.parametrize(
    "source",
    [
        f'import "{UUID}"',
        f"import `{UUID}`",
        f'import _ "{UUID}"',
        f'import own "{UUID}"',
        f'import . "{UUID}"',
        f'import (\n"os"; "{UUID}"\n)',
    ],
)
def test_an_import_with_a_host_is_a_package(source: str) -> None:
    assert texts(f"package main\n{source}\nfunc main() {{}}") == [(UUID, "import")]


@pytest.mark.parametrize(
    "path",
    [
        "fmt",
        "net/http",
        "C",
        "appengine/log",
        "./own",
        "../own",
        "example.com/own",
        "localhost/own",
        "127.0.0.1/own",
        "github.com:443/a/b",
        "github.com/a/../b",
        "github.com/.hidden/b",
        "github.com/a b/c",
        "github.com/a@v1/c",
        "-x.com/a",
        "https://github.com/a/b",
        "github.com/a\\nb",
        "github.com/" + "a/" * 400,
    ],
)
def test_what_is_no_package_of_the_proxy_is_left_to_the_compiler(path: str) -> None:
    assert texts(f'package main\nimport "{path}"\n') == []


def test_an_import_in_a_comment_or_a_text_is_none() -> None:
    assert texts(f'package main\n// import "{UUID}"\nvar x = `import "{UUID}"`\n') == []


def test_go_mod_says_which_version_and_the_imports_which_packages() -> None:
    mod = f"module example.com/me\n\ngo 1.22\n\nrequire {UUID} v1.6.0\n"
    assert texts(PROGRAM, mod) == [(f"{UUID} v1.6.0", "go.mod"), (UUID, "go.mod")]


def test_a_block_of_go_mod_has_comments_and_quotation_marks() -> None:
    mod = f'module x // require a.com/b v1.0.0\nrequire (\n\t"{UUID}" v1.6.0 // x\n\n\tgopkg.in/yaml.v3 v3.0.1\n)\n'
    assert texts("package main\n", mod) == [(f"{UUID} v1.6.0", "go.mod"), ("gopkg.in/yaml.v3 v3.0.1", "go.mod")]


def test_an_import_that_go_mod_does_not_cover_is_of_the_latest_version_unless_only_declared_ones_are_allowed() -> None:
    mod = "module x\nrequire gopkg.in/yaml.v3 v3.0.1\n"
    assert texts(PROGRAM, mod)[1:] == [(UUID, "import")]
    assert texts(PROGRAM, mod, declared_only=True) == [("gopkg.in/yaml.v3 v3.0.1", "go.mod")]
    assert texts(PROGRAM, declared_only=True) == []


def test_the_gists_own_module_is_not_asked_for() -> None:
    source = 'package main\nimport "github.com/me/tool/part"\n'
    assert texts(source, "module github.com/me/tool\n") == []
    assert texts(source, "module github.com/me/too\n") != []


def test_another_version_of_the_same_module_may_replace_it() -> None:
    mod = f"module x\nrequire {UUID} v1.6.0\nreplace {UUID} => {UUID} v1.5.0\nreplace {UUID} v1.6.0 => {UUID} v1.4.0\n"
    assert texts("package main\n", mod) == [(f"{UUID} v1.4.0", "go.mod")]


@pytest.mark.parametrize(
    "line",
    [
        f"replace {UUID} => ../uuid",
        f"replace {UUID} => /etc",
        f"replace {UUID} => ./uuid v1.0.0",
        f"replace {UUID} v1.6.0 => github.com/other/uuid v1.6.0",
        "replace (\n\ta.com/b => c.com/d v1.0.0\n)",
        "replace",
        "replace =>",
        f"replace {UUID} {UUID} v1.5.0",
        f"require {UUID} main",
        f"require {UUID} 0123456789ab",
        f"require {UUID} latest",
        f"require {UUID}",
        f"require {UUID} v1.6.0 v1.7.0",
        f"require {UUID} v1.6.0;x",
        f"require {UUID} -insecure",
        "require -modfile v1.0.0",
        "require /etc/passwd v1.0.0",
        "require ../up v1.0.0",
        "require https://a.com/b v1.0.0",
        "require git@github.com:a/b v1.0.0",
        "require github.com/a/b\0c v1.0.0",
        "require 127.0.0.1/a v1.0.0",
        "require a.com/b v1.0.0-" + "x" * 5000,
        "require __proto__ v1.0.0",
    ],
)
def test_what_is_no_version_of_a_module_is_refused(line: str) -> None:
    with pytest.raises(PackagesRefused, match=r"go\.mod asks for “"):
        texts(PROGRAM, f"module x\n{line}\n")


@pytest.mark.parametrize("text", [f"{UUID}@v1.6.0", f"{UUID}@latest", UUID])
def test_gist_toml_names_packages(text: str) -> None:
    (need,) = needs({"main.go": "package main\n"}, packages=(text,), declared_only=True)
    assert (need.name, need.source) == (UUID, "gist.toml")
    version = text.partition("@")[2] or "latest"
    assert GO.request(Wanted((need,)))["named"] == f"{UUID}@{version}\n".encode()


@pytest.mark.parametrize(
    "text", ["", "-u", "../x", "file:///etc@v1.0.0", f"{UUID}@main", f"{UUID}@v1.0.0 -u", f"{UUID}\n"]
)
def test_gist_toml_names_nothing_else(text: str) -> None:
    with pytest.raises(PackagesRefused, match=r"gist\.toml asks for"):
        needs({"main.go": "package main\n"}, packages=(text,))


def test_the_tools_get_a_go_mod_and_a_package_that_imports_them() -> None:
    mod = "module x\nrequire gopkg.in/yaml.v3 v3.0.1\n"
    request = GO.request(Wanted(tuple(needs({"main.go": PROGRAM, "go.mod": mod}))))
    assert request["go.mod"] == b"module gist\nrequire gopkg.in/yaml.v3 v3.0.1\n"
    assert request["packages.go"] == f'package gist\nimport _ "{UUID}"\n'.encode()


def test_a_lock_names_modules_and_why_they_are_there() -> None:
    lock = f"-- go.mod --\nmodule gist\n\nrequire (\n\t{UUID} v1.6.0\n\ta.com/b v0.1.0 // indirect\n)\n-- go.sum --\n"
    wanted = Wanted((Need(f"{UUID}/part", f"{UUID}/part", "import"),))
    assert GO.packages(lock.encode(), wanted) == (
        Package(UUID, "v1.6.0", "import"),
        Package("a.com/b", "v0.1.0", "dependency"),
    )
    with pytest.raises(ValueError, match="no lock"):
        GO.packages(b"module gist", wanted)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (
            "packages.go:2:8: module a.com/b: reading https://proxy.golang.org/a.com/b/@v/list: 404 Not Found",
            "The package a.com/b was not found in the module proxy.",
        ),
        (
            'packages.go:3:8: a.com/b: unrecognized import path "a.com/b": no',
            "The package a.com/b was not found in the module proxy.",
        ),
        (
            "go: a.com/b@v9.0.0: reading https://proxy.golang.org/a.com/b/@v/v9.0.0.mod: 404 Not Found",
            "The version v9.0.0 of a.com/b was not found in the module proxy.",
        ),
        (
            "go: a.com/b@v1.0.0 requires go >= 1.99 (running go 1.27.3; GOTOOLCHAIN=local)",
            "a.com/b v1.0.0 needs Go 1.99, which is newer than this one.",
        ),
        ("verifying a.com/b@v1.0.0: checksum mismatch", "a.com/b v1.0.0 is not what it was: its hash differs."),
        ("killed", None),
    ],
)
def test_why_go_gave_up(said: str, reason: str | None) -> None:
    assert GO.reason(said) == reason


def test_hostile_files_are_read_quickly() -> None:
    began = time.thread_time()
    for text in ("a." * 100_000, "require (\n" * 20_000, '"' * 200_000, "replace " + "=> " * 80_000):
        try:
            texts(f'package main\nimport "{text}"\n', f"module x\nrequire {text} v1.0.0\n{text}")
        except PackagesRefused:
            continue
    assert time.thread_time() - began < 3
