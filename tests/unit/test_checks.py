"""What `checks.toml` may say, and what is said of what it may not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.errors import SetupError
from gistrun.images.checks import checks, hello, tables, without


def folder(path: Path, text: str) -> Path:
    (path / "checks").mkdir()
    (path / "checks" / "checks.toml").write_text(text)
    return path


def test_what_a_language_is_without_is_no_program(tmp_path: Path) -> None:
    language = folder(tmp_path, '[status]\nexit_code = 3\n\n[without]\nsignal = "No system call."\n')
    assert tables(language) == {"status": {"exit_code": 3}}
    assert without(language) == {"signal": "No system call."}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[without]\nsignals = "No."', "'signals'"),
        ('[without]\nsignal = ""', "is no sentence"),
        ("[without]\nsignal = true", "is no sentence"),
        ("without = 3", "'without' is 3, which is no table"),
        ("[without", "cannot be read"),
    ],
)
def test_a_bad_table_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=words):
        without(folder(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[status]\nstate = "fail"', "'state' of 'status' is 'fail'; it may be queued, running, passed, failed"),
        ('[status]\nphase = "link"', "'phase' of 'status' is 'link'; it may be install, compile, run"),
        ('[signal]\nsignal = "TERM"', "'signal' of 'signal' is 'TERM'; it may be SIGHUP"),
        ('[status]\nlimit = "ram"', "'limit' of 'status' is 'ram'; it may be time, memory"),
        ('[status]\nhint = "oops"', "'hint' of 'status' is 'oops'; it may be needs-input"),
        ('[status]\nexit_code = "3"', "'exit_code' of 'status' is '3', which is no int"),
        ("[status]\nargs = [1]", "'args' of 'status' is [1], but must be a list of texts"),
        ("[status]\nexit = 3", "'status' has an unknown key 'exit'; known are file"),
        ('["../../hello"]\nstdout = "x"', "names '../../hello', but the name of a program is letters, digits and _"),
        ("status = 3", "'status' must be a table"),
    ],
)
def test_what_must_come_out_is_said_in_known_words(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(SetupError) as error:
        tables(folder(tmp_path, text))
    assert words in str(error.value)


LANGUAGE = replace(languages.load()["c"], name="mini")


def hello_folder(path: Path, **files: str) -> Path:
    for name, text in files.items():
        (path / name.replace("_", ".")).write_text(text)
    return path


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "must have one hello.<extension>, a program that prints a line; there is nothing"),
        ({"hello_out": "ö"}, "there is nothing"),
        ({"hello_c": "", "hello_h": "", "hello_out": "ö"}, "there is hello.c, hello.h"),
        ({"hello_c": ""}, "hello.out must hold what hello.c prints, but cannot be read"),
        ({"hello_py": "", "hello_out": "ö"}, "what proves C cannot be run"),
    ],
)
def test_a_hello_that_is_missing_is_told(tmp_path: Path, files: dict[str, str], words: str) -> None:
    with pytest.raises(SetupError) as error:
        hello(LANGUAGE, hello_folder(tmp_path, **files))
    assert words in str(error.value)
    assert str(tmp_path) in str(error.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('versions = ["99999"]', "'status' is for version '99999'; there are 23"),
        ('file = "other.c"', "This gist has no file 'other.c'"),
    ],
)
def test_a_program_that_would_never_run_is_told(tmp_path: Path, text: str, words: str) -> None:
    mini = tmp_path / "mini"
    program = mini / "checks" / "status"
    program.mkdir(parents=True)
    (program / "main.c").write_text("int main(void) { return 3; }")
    (mini / "checks" / "checks.toml").write_text(f"[status]\n{text}\n")
    (mini / "language.toml").write_text((languages.IMAGES / "c" / "language.toml").read_text())
    hello_folder(mini, hello_c="int main(void) {}", hello_out="")
    with pytest.raises(SetupError) as error:
        list(checks(LANGUAGE, tmp_path))
    assert words in str(error.value)
