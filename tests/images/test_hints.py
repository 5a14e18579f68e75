"""Every hint in three languages, as docs/hints.md shows it: real programs in real sandboxes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from gistrun import languages
from gistrun.images.builder import Builder
from gistrun.model import Gist, GistFile, Request
from gistrun.sandbox.pool import Pool
from tests.images.test_checks import KNOWN, builder, images, pool, ran

__all__ = ["builder", "images", "pool"]  # fixtures

TRIED: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("hints.toml").read_text())["tried"]


@pytest.mark.timeout(900)  # the image may have to be built
@pytest.mark.parametrize("tried", TRIED, ids=lambda tried: f"{tried['hint']}-{tried['file']}")
def test_a_program_gets_its_hint(tried: dict[str, Any], pool: Pool, builder: Builder) -> None:
    file = GistFile(tried["file"], tried["source"].encode())
    program = languages.choose(Gist("1", "0" * 40, (file,)), Request(), KNOWN)
    version = KNOWN[program.language]
    builder.build(version.image)
    output, outcome = ran(version, program, pool)
    assert [hint.name for hint in outcome.hints] == [tried["hint"]], "".join(event.data for event in output)
    assert tried.get("says", "") in outcome.hints[0].text
