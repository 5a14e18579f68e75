"""What `checks.toml` may say, and what is said of what it may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from gistrun.errors import SetupError
from gistrun.images.checks import tables, without


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
