"""Scripts of Redis declare every key that they use, as a cluster demands, and name their arguments on top."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import gistrun.store

SCRIPTS = sorted(Path(gistrun.store.__file__).parent.glob("*.lua"))
_CALL = re.compile(r"redis\.call\('(\w+)'(?:,\s*([^,)]+))?")
#: Local functions get the keys of the script that they are part of.
_FUNCTION = re.compile(r"local function \w+\(([^)]*)\)")


def keys_of(text: str) -> set[str]:
    """The names of the locals that hold a key."""
    names: set[str] = set()
    for left, right in re.findall(r"^local ([\w, ]+) = ((?:KEYS\[\d+\](?:, )?)+)$", text, re.MULTILINE):
        assert len(left.split(", ")) == right.count("KEYS["), left
        names |= set(left.split(", "))
    for parameters in _FUNCTION.findall(text):
        names |= set(parameters.split(", "))
    return names


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_key_of_a_script_comes_through_KEYS(script: Path) -> None:
    text = script.read_text()
    keys = keys_of(text)
    if script.stem == "show":  # it follows view.lua in one script
        keys |= keys_of(script.with_name("view.lua").read_text())
    for command, key in _CALL.findall(text):
        if command != "TIME":
            assert key in keys or re.fullmatch(r"KEYS\[\w+\]", key), f"{command} {key}"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_keys_and_arguments_have_names(script: Path) -> None:
    """Below their names only a loop over the last of them may say KEYS or ARGV."""
    for line in script.read_text().splitlines():
        if not line.startswith(("local ", "--")):
            assert not re.search(r"(KEYS|ARGV)\[\d", line), line
