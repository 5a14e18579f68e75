"""Records forgive what another version wrote, and every field counts in the keys of kept results."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gistrun.model import (
    Gist,
    GistFile,
    Limit,
    Limits,
    Lock,
    Network,
    Outcome,
    Phase,
    Program,
    Request,
    Run,
    State,
    from_record,
    identity,
    request_key,
    to_record,
)

NOW = datetime(2026, 11, 22, 17, 34, 0, 123000, tzinfo=UTC)
RUN = Run(
    "r1",
    "abc",
    "1" * 40,
    "main.py",
    "python",
    NOW,
    args=("a", "b"),
    finished_at=NOW,
    outcome=Outcome(State.FAILED, 3, phase=Phase.RUN, limit=Limit("time", 0.5, "s"), message="It ended."),
)


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


def test_a_run_comes_back_from_its_record() -> None:
    assert Run.from_json(through_json(RUN.as_json())) == RUN


@pytest.mark.parametrize(
    "value",
    [
        Gist("abc", "1" * 40, (GistFile("ü", b"\xff\0"),), checked_at=NOW),
        Request("main.py", ("a",), b"\xff"),
        Limits(network=Network.EGRESS),
    ],
)
def test_every_value_comes_back_from_its_record(value: Any) -> None:
    assert from_record(type(value), through_json(to_record(value))) == value


OPTIONAL = sorted(RUN.as_json().keys() - {"id", "gist", "revision", "file", "language", "created_at", "state"})


@pytest.mark.parametrize("name", OPTIONAL)
def test_a_record_of_an_older_version_may_lack_a_field(name: str) -> None:
    record = through_json(RUN.as_json())
    del record[name]
    assert Run.from_json(record).as_json() == RUN.as_json() | {name: Run.from_json(record).as_json()[name]}


def test_a_field_that_a_newer_version_added_is_ignored() -> None:
    assert Run.from_json(through_json(RUN.as_json()) | {"colour": [{"name": "red"}]}) == RUN


def test_a_run_that_was_kept_before_there_were_hints_has_none() -> None:
    record = through_json(RUN.as_json())
    del record["hints"]
    assert Run.from_json(record).outcome.hints == ()


def test_a_record_of_something_else_is_no_run() -> None:
    with pytest.raises(KeyError):
        Run.from_json({"revision": "1" * 40})


def changed(value: Any) -> Any:
    """Another value of the same type."""
    match value:
        case Lock():
            return replace(value, text=value.text + b"x")
        case None | str():
            return f"{value}x"
        case bytes():
            return value + b"x"
        case tuple():
            return (*value, "x")
        case Network():
            return Network.EGRESS
        case int() | float():
            return value + 1
    raise AssertionError(f"A value of type {type(value)} cannot be changed by this test yet.")


@pytest.mark.parametrize("name", [field.name for field in fields(Request)])
def test_every_field_of_a_request_changes_its_key(name: str) -> None:
    other = replace(Request(), **{name: changed(getattr(Request(), name))})
    assert request_key("abc", "1" * 40, other) != request_key("abc", "1" * 40, Request())


PROGRAM = Program("python", "main.py", (GistFile("main.py", b"print(1)"),), lock=Lock("wanted", b"lock"))


@pytest.mark.parametrize("name", [field.name for field in fields(Program) if field.name != "files"])
def test_every_field_of_a_program_changes_its_identity(name: str) -> None:
    other = replace(PROGRAM, **{name: changed(getattr(PROGRAM, name))})
    assert identity(other, "sha256:1", Limits()) != identity(PROGRAM, "sha256:1", Limits())


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_every_limit_changes_the_identity_of_a_program(name: str) -> None:
    other = replace(Limits(), **{name: changed(getattr(Limits(), name))})
    assert identity(PROGRAM, "sha256:1", other) != identity(PROGRAM, "sha256:1", Limits())


def test_the_identity_goes_by_the_content_of_the_files_and_by_the_image() -> None:
    same = replace(PROGRAM, files=(GistFile("main.py", b"print(1)", "Python"),))
    other = replace(PROGRAM, files=(GistFile("main.py", b"print(2)"),))
    names = {identity(program, "sha256:1", Limits()) for program in (PROGRAM, same, other)}
    assert len(names | {identity(PROGRAM, "sha256:2", Limits())}) == 3
