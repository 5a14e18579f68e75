"""Every folder of images/ carries what a language needs. They are found, not listed: a new one is tested at once."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.images import checks
from gistrun.images.recipe import recipes
from gistrun.model import GistFile
from gistrun.render.badge import logos

FOLDERS = sorted(path.parent for path in languages.IMAGES.glob("[!_]*/*") if path.name == "Dockerfile")
every_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


def hello(folder: Path) -> Path:
    (found,) = (path for path in folder.glob("hello.*") if path.suffix != ".out")
    return found


def test_there_is_a_folder_for_each_of_the_first_languages() -> None:
    names = {folder.name for folder in FOLDERS}
    assert names >= {"bash", "c", "cpp", "go", "javascript", "python", "ruby"}


def test_every_folder_is_a_language_or_the_base() -> None:
    found = {path.name for path in languages.IMAGES.iterdir() if path.is_dir() and path.name != "_packages"}
    assert found == {"_base"} | set(languages.load()) == {"_base"} | {folder.name for folder in FOLDERS}


@every_folder
def test_the_name_is_one_that_fits_a_url_and_a_label(folder: Path) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*", folder.name)


@every_folder
def test_language_toml_is_well_formed(folder: Path) -> None:
    language = languages.read(folder)
    assert re.compile(language.version_pattern).groups == 1
    assert language.extensions or language.names
    assert all(re.fullmatch(r"\.[^.A-Z]+", extension) for extension in language.extensions)


@every_folder
def test_it_has_a_logo_for_badges(folder: Path) -> None:
    logo = (folder / "logo.svg").read_bytes()
    assert logos.from_bytes(logo)
    assert len(logo) < 1024  # each badge holds it


def test_a_logo_is_no_part_of_the_image(tmp_path: Path) -> None:
    shutil.copytree(languages.IMAGES / "_base", tmp_path / "_base")
    shutil.copytree(languages.IMAGES / "awk", tmp_path / "awk")
    known = languages.load(("awk",), tmp_path)
    before = recipes(known, tmp_path)["awk"].source
    (tmp_path / "awk" / "logo.svg").write_text("<svg/>")
    assert recipes(known, tmp_path)["awk"].source == before
    assert languages.read(tmp_path / "awk").logo == "<svg/>"


def test_no_two_languages_want_the_same_files() -> None:
    tables = [tomllib.loads((folder / "language.toml").read_text()) for folder in FOLDERS]
    claims = [claim for table in tables for claim in table.get("names", [])]
    assert sorted(claims) == sorted(set(claims))
    # GitHub has one word for several shells, and their extensions tell them apart.
    claims = [(word, each) for table in tables for word in table.get("github", []) for each in table["extensions"]]
    assert sorted(claims) == sorted(set(claims))


def test_of_languages_that_share_an_interpreter_each_has_extensions_of_its_own() -> None:
    tables = [tomllib.loads((folder / "language.toml").read_text()) for folder in FOLDERS]
    for name in {name for table in tables for name in table.get("interpreters", [])}:
        extensions = [each for table in tables if name in table.get("interpreters", []) for each in table["extensions"]]
        assert sorted(extensions) == sorted(set(extensions)), name


def test_of_languages_that_share_an_extension_all_but_one_tell_their_files_by_what_is_in_them() -> None:
    tables = [tomllib.loads((folder / "language.toml").read_text()) for folder in FOLDERS]
    for extension in {extension for table in tables for extension in table.get("extensions", [])}:
        sharing = [table for table in tables if extension in table.get("extensions", [])]
        assert sum("content" not in table for table in sharing) <= 1, extension


@every_folder
def test_its_hello_is_a_program_of_the_language(folder: Path) -> None:
    program = hello(folder)
    known = languages.load()
    assert languages.language_of(GistFile(program.name, program.read_bytes()), known) == known[folder.name]


@every_folder
def test_hello_out_holds_more_than_ascii(folder: Path) -> None:
    printed = (folder / "hello.out").read_text(encoding="utf-8")
    assert printed.endswith("\n")
    assert not printed.isascii()


@every_folder
def test_it_stands_on_the_base(folder: Path) -> None:
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert lines[0] == "ARG BASE=gistrun/base"
    stages = [line for line in lines if line.startswith("FROM ")]
    assert stages[-1] == "FROM $BASE"
    assert all(re.fullmatch(r"FROM \$BASE AS \w+", stage) for stage in stages[:-1])
    assert not [line for line in lines if re.match(r"\s*(USER|ENTRYPOINT|CMD|VOLUME)\b", line, re.IGNORECASE)]


@every_folder
def test_there_is_a_check_of_every_kind_or_a_reason_why_not(folder: Path) -> None:
    there, reasons = set(checks.tables(folder)), set(checks.without(folder))
    assert there | reasons >= set(checks.KINDS)
    assert not there & reasons


@every_folder
def test_each_program_in_checks_has_a_table(folder: Path) -> None:
    assert {path.name for path in (folder / "checks").iterdir() if path.is_dir()} == set(checks.tables(folder))


@every_folder
def test_the_checks_of_a_kind_prove_it(folder: Path) -> None:
    tables = checks.tables(folder)
    assert not [name for name in ("status", "signal") if tables.get(name, {"state": "failed"}).get("state") != "failed"]
    assert {"exit_code", "signal"} & set(tables.get("status", {"exit_code": 3}))
    assert "stdin" in tables.get("input", {"stdin": ""})
    assert "args" in tables.get("arguments", {"args": []})
    if two := tables.get("two_files"):
        assert two
        assert len([path for path in (folder / "checks" / "two_files").iterdir() if path.is_file()]) > 1
