"""How a run ended, in a sentence with the next step: each state, limit and phase, in each form of a page's address."""

from __future__ import annotations

import re
import signal
from dataclasses import replace

from flask.testing import FlaskClient
from markupsafe import Markup

from gistrun.checking import difference
from gistrun.model import Checks, Hint, Limit, Limits, Outcome, Phase, State
from gistrun.sandbox.protocol import PhaseReport
from gistrun.sandbox.verdict import out_of_memory, verdict
from gistrun.stopping import STOPPED
from tests.fakes import err, failed, out, passed, taken
from tests.web.conftest import GIST, REVISION, World

LIMITS = Limits()
TRACE = 'Traceback (most recent call last):\n  File "main.py", line 1, in <module>\nValueError: no such tea\n'
FAULTS = (
    "The Docker engine was lost while running this, 3 times. Run it again in a while.",
    "The sandbox stopped answering.",
)


def reported(phase: Phase = Phase.RUN, **changes: object) -> Outcome:
    """What becomes of a report of process 1."""
    usual = {
        "phase": phase,
        "last": True,
        "exit": 0,
        "signal": 0,
        "exec": 0,
        "stop": "none",
        "wall_us": 1000,
        "cpu_us": 1000,
        "memory": 2**20,
        "memory_kills": 0,
        "refused": 0,
        "files": 0,
        "disk": 0,
        "truncated": False,
        "asked": False,
    }
    report = PhaseReport(**{**usual, **changes})  # type: ignore[arg-type]
    return verdict(report, report if phase is Phase.COMPILE else None, 5, LIMITS)


ENDS: dict[str, Outcome] = {
    "exit status": reported(exit=3),
    "exit status, silent": replace(reported(exit=3), output_bytes=0),
    "not compiled": reported(Phase.COMPILE, exit=1),
    "not started": reported(exec=13),
    "time": reported(stop="time"),
    "time, refused processes": reported(stop="time", refused=1),
    "time, compiling": reported(Phase.COMPILE, stop="time"),
    "output": reported(truncated=True),
    "output, compiling": reported(Phase.COMPILE, truncated=True),
    "memory": reported(exit=-1, signal=signal.SIGKILL, memory_kills=1),
    "memory, compiling": reported(Phase.COMPILE, exit=-1, signal=signal.SIGKILL, memory_kills=1),
    "memory of process 1": out_of_memory(Phase.RUN, 0, LIMITS),
    "memory of process 1, compiling": out_of_memory(Phase.COMPILE, 0, LIMITS),
    "not installed": Outcome(State.FAILED, phase=Phase.INSTALL, message="There is no package named nosuch."),
    "not installed, with its line": Outcome(
        State.FAILED,
        phase=Phase.INSTALL,
        message="There is no package named nosuch.",
        hints=(Hint("missing-package", "It asks for nosuch in line 1 of main.py."),),
    ),
    "tests": replace(reported(exit=1), message="1 of 2 tests failed.", checks=Checks(1, 1)),
    "no test": replace(failed(0), message="No test was run, or none was counted.", checks=Checks(0, 0)),
    "other output": replace(failed(0), message=difference("a\n", "b\n", "expected_output.txt"), checks=Checks(0, 1)),
    "a case": replace(failed(1), message="1.in: It ended with exit status 1.", checks=Checks(0, 1)),
    "stopped": Outcome(State.FAILED, message=STOPPED, duration_ms=3200),
    "stopped in the queue": Outcome(State.FAILED, message=STOPPED),
    "failed, of an earlier version": Outcome(State.FAILED),
    **{f"error {number}": Outcome(State.ERROR, message=message) for number, message in enumerate(FAULTS)},
    "error without a message": Outcome(State.ERROR),
    "a limit of time that the gist set": replace(reported(stop="time"), limit=Limit("time", 2, "s")),
}
ENDS |= {
    f"signal {number.name}": reported(exit=-1, signal=number) for number in signal.Signals if number.name != "SIGKILL"
}
for _name, _report in {
    "memory of a part": {"memory_kills": 1},
    "memory of parts": {"memory_kills": 3},
    "processes": {"refused": 1},
    "files": {"files": 1},
    "shared files": {"files": 2},
    "disk": {"disk": 1},
    "shared memory": {"disk": 2},
}.items():
    ENDS |= {f"{_name}, {word}": reported(exit=status, **_report) for status, word in ((0, "passed"), (1, "failed"))}
    ENDS[f"{_name}, compiling"] = reported(Phase.COMPILE, exit=1, **_report)

QUERIES = ("", "?version=3.14", "?args=a", "?stdin=x", "?file=main.py", f"/{REVISION}")
SENTENCE = re.compile(r"(?:[A-Z0-9“]|[\w.-]+\.\w+[ :]).*[.!?]$", re.DOTALL)


def notices(client: FlaskClient, path: str) -> list[str]:
    """What the summary of that page says, without its markup."""
    page = client.get(path).text
    summary = page.partition('<div id="summary"')[2].partition("</div>")[0]
    return [Markup(each).striptags() for each in re.findall(r'<p class="notice[^"]*">(.*?)</p>', summary, re.DOTALL)]


def test_each_end_is_told_in_a_sentence_with_the_next_step(world: World, client: FlaskClient) -> None:
    for name, outcome in ENDS.items():
        world.sandboxes.scripts["main.py"] = [taken(), outcome]
        run = world.run(rerun=True)
        kept = [] if outcome.state is State.ERROR else [""]  # our own fault is not kept: the page runs it again
        for query in (*kept, f"?run={run.id}"):
            told = " ".join(notices(client, f"/gist/{GIST}{query}"))
            assert SENTENCE.match(told), f"{name}: {told!r} is no sentence"
            assert re.search(r"[.!?] [A-Z“]", told), f"{name}: {told!r} has no next step"
            assert "None" not in told
            assert ".." not in told


def test_the_address_makes_no_difference(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), err(TRACE), failed()]
    told = []
    for query in QUERIES:
        client.get(f"/gist/{GIST}{query}")
        world.queue.join()
        told.append(notices(client, f"/gist/{GIST}{query}"))
    assert told[0] == ["ValueError at line 1 of main.py: no such tea. The output below says more."]
    assert told == [told[0]] * len(QUERIES)


def test_what_passed_needs_no_words(world: World, client: FlaskClient) -> None:
    world.sandboxes.scripts["main.py"] = [taken(), out("ok\n"), passed()]
    world.run()
    assert notices(client, f"/gist/{GIST}") == []
