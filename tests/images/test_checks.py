"""Every program of every language's folder, in every version, ends as `checks.toml` says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.explaining import ExplainingSandboxes
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.checks import Check, checks
from gistrun.languages import Language
from gistrun.model import Limits, Outcome, Output
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool

OWNER = Owner(f"checks-{os.getpid()}", "tests")
KNOWN = languages.load()
ALL = [
    pytest.param(version, check, id=f"{version.name}-{version.version}-{check.name}")
    for language in KNOWN.values()
    for version in language.versions
    for check in checks(version, languages.IMAGES)
]


@pytest.fixture(scope="module")
def images(engine: Any) -> Catalogue:
    return Catalogue(Engine(engine), KNOWN)


@pytest.fixture(scope="module")
def builder(engine: Any, images: Catalogue) -> Builder:
    return Builder(Engine(engine), images, OWNER)


@pytest.fixture(scope="module")
def pool(engine: Any, images: Catalogue) -> Iterator[Pool]:
    with closing(Pool(Maker(Engine(engine), images, KNOWN, Policy(Limits()), OWNER))) as pool:
        yield pool


@pytest.mark.timeout(900)  # the first check of an image may have to build it
@pytest.mark.parametrize(("version", "check"), ALL)
def test_a_program_ends_as_its_folder_says(version: Language, check: Check, pool: Pool, builder: Builder) -> None:
    builder.build(version.image)
    output: list[Output] = []
    for event in ExplainingSandboxes(pool, lambda _program: version, Limits()).run(check.program):
        if isinstance(event, Output):
            output.append(event)
    assert isinstance(event, Outcome)
    assert check.trouble(event, output) is None
    if check.name == "hello":  # it reads nothing; see `reads_input` of an interpreter that does
        assert event.hints == ()
