"""What a process knows about a Redis that hangs, without a Redis."""

from __future__ import annotations

import logging
import threading

import pytest
import redis

from gistrun.errors import StoreReadOnly, StoreUnavailable
from gistrun.store.outage import Outage, is_writing
from gistrun.store.refusals import READS, SILENT
from tests.servers import wait_until


class Hanging:
    """A Redis that answers what it is told to."""

    def __init__(self) -> None:
        self.answers = {False: threading.Event(), True: threading.Event()}

    def ask(self, writing: bool) -> None:
        if not self.answers[writing].wait(0.02):
            raise redis.TimeoutError("no answer")


def admitted(outage: Outage) -> tuple[bool, bool]:
    """Whether a command that reads, and one that writes, is tried now."""

    def tried(*, writing: bool) -> bool:
        try:
            outage.admit(writing=writing)
        except StoreUnavailable:
            return False
        return True

    return tried(writing=False), tried(writing=True)


@pytest.fixture
def hanging() -> Hanging:
    return Hanging()


def test_nothing_is_tried_until_redis_reads_and_no_write_until_it_writes(hanging: Hanging) -> None:
    outage = Outage(hanging.ask)
    assert admitted(outage) == (True, True)
    outage.failed(SILENT, redis.TimeoutError())
    outage.hangs(SILENT)
    assert admitted(outage) == (False, False)
    hanging.answers[False].set()
    wait_until(lambda: admitted(outage) == (True, False))
    hanging.answers[True].set()
    wait_until(lambda: admitted(outage) == (True, True))
    for answer in hanging.answers.values():
        answer.clear()
    outage.hangs(READS)
    assert admitted(outage) == (True, False)
    with pytest.raises(StoreReadOnly):
        outage.admit(writing=True)
    for answer in hanging.answers.values():
        answer.set()
    wait_until(lambda: admitted(outage) == (True, True))


def test_an_answer_to_a_command_that_waited_ends_it_too(hanging: Hanging) -> None:
    outage = Outage(hanging.ask)
    outage.failed(SILENT, redis.TimeoutError())
    outage.hangs(SILENT)
    outage.answered(writing=False)
    assert admitted(outage) == (True, False)
    outage.answered(writing=True)
    assert admitted(outage) == (True, True)
    for answer in hanging.answers.values():
        answer.set()


def test_where_all_may_wait_everything_is_tried() -> None:
    outage = Outage()
    outage.failed(SILENT, redis.TimeoutError())
    outage.hangs(SILENT)
    assert admitted(outage) == (True, True)


def test_a_redis_that_is_gone_or_refuses_does_not_hang() -> None:
    def gone(_: bool) -> None:
        raise redis.ConnectionError("refused")

    outage = Outage(gone)
    outage.hangs(SILENT)
    wait_until(lambda: admitted(outage) == (True, True))


@pytest.mark.parametrize(
    ("command", "writes"), [("GET", False), ("get", False), ("MEMORY USAGE", False), ("EVALSHA", True), ("SET", True)]
)
def test_what_writes(command: str, writes: bool) -> None:
    assert is_writing(command) == writes


def test_a_command_that_works_without_redis_does_not_warn(caplog: pytest.LogCaptureFixture) -> None:
    outage = Outage()
    outage.level = logging.DEBUG
    with caplog.at_level(logging.INFO):
        outage.failed(SILENT, OSError("refused"))
    assert not caplog.records
