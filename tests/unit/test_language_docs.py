"""images/README.md says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.errors import SetupError

TEXT = (Path(__file__).resolve().parents[2] / "images" / "README.md").read_text(encoding="utf-8")


def test_its_example_is_a_language(tmp_path: Path) -> None:
    example, *_ = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)
    (tmp_path / "language.toml").write_text(example)
    language = languages.read(tmp_path)
    assert language.name not in languages.load()
    assert re.search(language.version_pattern, "Lua 5.4.7  Copyright (C) 1994-2024 Lua.org, PUC-Rio")


def test_its_table_names_every_key_and_no_other(tmp_path: Path) -> None:
    table = TEXT[TEXT.index("| key | meaning |") : TEXT.index("A key that is not in this table")]
    named = {key for row in re.findall(r"^\| (`.*?) \|", table, re.MULTILINE) for key in re.findall(r"`(\w+)`", row)}
    (tmp_path / "language.toml").write_text("colour = 1")
    with pytest.raises(SetupError) as told:
        languages.read(tmp_path)
    known = str(told.value).partition("known are ")[2].removesuffix(".").split(", ")
    assert named == set(known)
