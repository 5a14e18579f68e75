"""How a run ended, as a page says it: a sentence and the next step. Pure.

A run that passed needs neither, unless a limit stopped a part of it; one whose hints say what was amiss is explained by
them.
"""

from __future__ import annotations

from dataclasses import dataclass

from gistrun import figures
from gistrun.model import Limit, Outcome, Phase, Run, State
from gistrun.render.cause import Cause
from gistrun.stopping import STOPPED

#: What to do about a signal; those that are not here say enough.
_SIGNALS = {
    "SIGSEGV": "It used memory that is not its own; a debugger on your machine shows where.",
    "SIGBUS": "It used memory that is not there; a debugger on your machine shows where.",
    "SIGABRT": "It gave up by itself; what it printed last may say why.",
    "SIGFPE": "It divided by zero, or reckoned beyond what a number holds.",
    "SIGILL": "It met an instruction that this processor does not have.",
    "SIGTRAP": "It stopped itself where it must not come; what it printed last may say why.",
    "SIGKILL": "It killed itself, or one of its own processes did.",
    "SIGTERM": "It ended itself, or one of its own processes did.",
    "SIGPIPE": "It wrote to a pipe that nobody read any more.",
    "SIGSYS": "It asked the system for something that programs may not do here.",
}
#: What to do about a limit that stopped a program, or a part of it.
_LIMITS = {
    "time": "Give it less to do; what waits for something from outside waits in vain.",
    "memory": "Have it hold less at a time.",
    "processes": "Have it start fewer at a time.",
    "disk": "Have it write less, or remove what it no longer needs.",
    "files": "Have it write fewer files, or remove what it no longer needs.",
    "output": "Have it print less; the beginning is below.",
}
_COMPILING = "That was while compiling: a smaller program, or fewer templates and macros in it, takes less."
_OUR_FAULT = "The gist is not to blame."
_AGAIN = "Run it again in a while."


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended. Where there is a cause, the page tells it after the sentence, with a link to its line."""

    sentence: str
    step: str
    cause: Cause | None = None


def ending(run: Run, cause: Cause | None) -> Ending | None:
    """How the run ended; None if it goes on, or if nothing has to be said.

    Args:
        cause: what its output says of its failure.
    """
    outcome = run.outcome
    if not run.state.finished:
        return None
    if outcome.message == STOPPED:
        after = "" if outcome.duration_ms is None else f" after {figures.duration(outcome.duration_ms)}"
        return Ending(f"A visitor stopped it{after}.", "Run it again to see how it ends.")
    if run.state is State.ERROR:
        sentence = _sentence(outcome.message or "Something went wrong on this server.")
        again = "" if "again" in sentence else f" {_AGAIN}"
        return Ending(sentence, f"{_OUR_FAULT}{again}")
    if outcome.message:
        return _with_message(outcome, outcome.message, cause)
    if run.state is State.PASSED or outcome.hints:
        return None
    return _plain(outcome, cause)


def _with_message(outcome: Outcome, message: str, cause: Cause | None) -> Ending:
    sentence = _sentence(message)
    if outcome.limit:
        return Ending(sentence, _limited(outcome, outcome.limit))
    if outcome.phase is Phase.INSTALL:
        hinted = any(hint.name == "missing-package" for hint in outcome.hints)
        return Ending(sentence, "" if hinted else "Change what the gist asks for; the installer's own words are below.")
    if outcome.checks and outcome.checks.failed:
        compared = outcome.exit_code == 0
        return Ending(
            sentence,
            "Mend the program, or the file that says what is expected." if compared else "What it printed says which.",
        )
    if outcome.state is State.FAILED and outcome.checks:
        return Ending(sentence, "Its language's own way to name tests finds them.")
    if outcome.signal:
        return Ending(sentence, _SIGNALS.get(outcome.signal, "What it printed last may say why."), cause)
    if outcome.state is State.FAILED:
        return Ending(sentence, "Its first line (#!), its name, or what it is written in may be wrong.")
    return Ending(sentence, "")


def _limited(outcome: Outcome, limit: Limit) -> str:
    if outcome.phase is Phase.COMPILE and limit.name in ("time", "memory"):
        return _COMPILING
    if outcome.state is State.PASSED:
        return f"It went on without that, so its result may not be whole. {_LIMITS[limit.name]}"
    return _LIMITS.get(limit.name, "")


def _plain(outcome: Outcome, cause: Cause | None) -> Ending:
    """Of a program that only says by its exit status that it failed, or that was not compiled."""
    if outcome.phase is Phase.COMPILE:
        step = "Later errors often follow from the first." if cause else "The compiler's own words are below."
        return Ending("It did not compile.", step, cause)
    if cause:
        return Ending("", "The output below says more.", cause)
    status = "" if outcome.exit_code is None else f" with exit status {outcome.exit_code}"
    if not outcome.output_bytes:
        return Ending(f"It ended{status} and printed nothing that says why.", "Have it print what it is about to do.")
    return Ending(f"It ended{status}, which means that it failed.", "What it printed last may say why.")


def _sentence(text: str) -> str:
    """The text as a sentence."""
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."
