"""Every program of every language's folder, in every version, ends as `checks.toml` says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest

from gistrun import languages
from gistrun.engine import Engine
from gistrun.explaining import ExplainingSandboxes
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.checks import Check, checks, hello
from gistrun.languages import Language
from gistrun.model import GistFile, Limits, Outcome, Output, Program
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
#: A first line that is a part of the program: m4 prints it, sed looks for #n in it.
MEANT = ("m4", "sed")


def scripts() -> Iterator[Any]:
    """Each language's hello with a shebang, with its extension and without."""
    for language in KNOWN.values():
        check = hello(language, languages.IMAGES / language.name)
        if language.interpreters and language.name not in MEANT:
            # Guile's line goes on to the next !#.
            line = f"#!/usr/bin/env {language.interpreters[0]}\n" + "!#\n" * (language.interpreters[0] == "guile")
            content = line.encode() + check.program.files[0].content
            for name in (check.program.file, "hello"):
                program = replace(check.program, file=name, files=(GistFile(name, content),))
                yield pytest.param(language, replace(check, program=program), id=f"{language.name}-{name}")


#: A file's name with what shells, compilers and command lines give a meaning to.
ODD = "-a b'ü;$(x)&%s"


def odd_names() -> Iterator[Any]:
    """Each language's hello, in a file of an odd name."""
    for language in KNOWN.values():
        check = hello(language, languages.IMAGES / language.name)
        (file,) = check.program.files
        name = ODD + os.path.splitext(file.name)[1]
        program = replace(check.program, file=name, files=(replace(file, name=name),))
        yield pytest.param(language, replace(check, program=program), id=language.name)


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


def ran(version: Language, program: Program, pool: Pool) -> tuple[list[Output], Outcome]:
    """What the program printed, and how it ended."""
    *events, outcome = ExplainingSandboxes(pool, lambda _program: version, Limits()).run(program)
    assert isinstance(outcome, Outcome)
    return [event for event in events if isinstance(event, Output)], outcome


@pytest.mark.timeout(900)  # the first check of an image may have to build it
@pytest.mark.parametrize(("version", "check"), ALL)
def test_a_program_ends_as_its_folder_says(version: Language, check: Check, pool: Pool, builder: Builder) -> None:
    builder.build(version.image)
    output, outcome = ran(version, check.program, pool)
    assert check.trouble(outcome, output) is None
    if check.name == "hello":  # it reads nothing; see `reads_input` of an interpreter that does
        assert outcome.hints == ()


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "check"), scripts())
def test_a_shebang_is_no_part_of_the_program(language: Language, check: Check, pool: Pool, builder: Builder) -> None:
    builder.build(language.image)
    output, outcome = ran(language, check.program, pool)
    assert check.trouble(outcome, output) is None


@pytest.mark.timeout(900)
@pytest.mark.parametrize(("language", "check"), odd_names())
def test_a_files_name_may_be_odd(language: Language, check: Check, pool: Pool, builder: Builder) -> None:
    builder.build(language.image)
    output, outcome = ran(language, check.program, pool)
    assert check.trouble(outcome, output) is None
