"""From the reports of process 1 to the outcome that a visitor reads. Pure.

The message names every limit that stopped a program, or a part of it, with its value.
"""

from __future__ import annotations

import os
import signal

from gistrun.figures import size
from gistrun.model import Hint, Limit, Limits, Outcome, Phase, State
from gistrun.sandbox import policy
from gistrun.sandbox.protocol import PhaseReport

#: Process 1 learns of it from the kernel, in any language.
NEEDS_INPUT = Hint("needs-input", "It asked for input and got none. Give it some under “Arguments and input”.")


def verdict(report: PhaseReport, compiled: PhaseReport | None, output_bytes: int, limits: Limits) -> Outcome:
    """How the run ended.

    Args:
        report: the report of the last phase, from which the outcome's figures are taken.
        compiled: the report of the compile phase, or None if there was none; may be `report` itself.
        output_bytes: bytes of output that are kept, of both phases.
    """
    state, limit, message = _end(report, limits)
    return Outcome(
        state=state,
        exit_code=report.exit if report.stop == "none" and not report.signal and not report.exec else None,
        signal=_signal_name(report.signal) if report.stop == "none" and report.signal else None,
        phase=report.phase,
        duration_ms=_ms(report.wall_us),
        compile_ms=_ms(compiled.wall_us) if compiled else None,
        cpu_ms=_ms(report.cpu_us) if report.cpu_us >= 0 else None,
        # The peak of the largest process may include pages of the image, which the limit does not count.
        memory_peak_bytes=min(report.memory, limits.memory_bytes) if report.memory >= 0 else None,
        output_bytes=output_bytes,
        truncated=report.truncated,
        limit=limit,
        message=message,
        hints=(NEEDS_INPUT,) if report.asked else (),
    )


def out_of_memory(phase: Phase, output_bytes: int, limits: Limits) -> Outcome:
    """The outcome of a run in which process 1 itself was killed for memory, so that there is no report."""
    what = "The compiler" if phase is Phase.COMPILE else "The program"
    return Outcome(
        State.OUT_OF_MEMORY,
        phase=phase,
        memory_peak_bytes=limits.memory_bytes,
        output_bytes=output_bytes,
        limit=Limit("memory", limits.memory_bytes, "bytes"),
        message=f"{what} was killed at {size(limits.memory_bytes)} of memory.",
    )


def _end(report: PhaseReport, limits: Limits) -> tuple[State, Limit | None, str | None]:
    memory = Limit("memory", limits.memory_bytes, "bytes")
    what = "The compiler" if report.phase is Phase.COMPILE else "The program"
    if report.stop == "time":
        seconds = limits.compile_timeout_s if report.phase is Phase.COMPILE else limits.timeout_s
        message = f"{what} was stopped after {seconds:g} s."
        if report.refused:
            message += f" It had been refused more than {limits.pids} processes and threads at a time."
        return State.TIMED_OUT, Limit("time", seconds, "s"), message
    if report.truncated or report.stop == "output":
        kept = limits.output_bytes
        message = f"{what} was stopped because it printed more than the {size(kept)} that are kept."
        return State.OUTPUT_LIMIT, Limit("output", kept, "bytes"), message
    if report.exec:
        return State.FAILED, None, f"{what} could not be started: {os.strerror(report.exec)}."
    if report.memory_kills and report.signal == signal.SIGKILL:
        return State.OUT_OF_MEMORY, memory, f"{what} was killed at {size(limits.memory_bytes)} of memory."
    state = State.PASSED if report.exit == 0 else State.FAILED
    if report.memory_kills:
        count = f"{report.memory_kills} processes" if report.memory_kills > 1 else "A process"
        were = "were" if report.memory_kills > 1 else "was"
        return state, memory, f"{count} of the program {were} killed at {size(limits.memory_bytes)} of memory in all."
    if report.refused:
        message = f"{what} was refused more than {limits.pids} processes and threads at a time."
        return state, Limit("processes", limits.pids, "count"), message
    if report.files or report.disk:
        limit, message = _space(what, report, limits)
        return state, limit, message
    if report.signal:
        return state, None, f"{what} was ended by {_signal_name(report.signal)} ({signal.strsignal(report.signal)})."
    return state, None, None


def _space(what: str, report: PhaseReport, limits: Limits) -> tuple[Limit, str]:
    """The limit that was reached, and its sentence: files or bytes, in the writable folder or in shared memory."""
    place, files, room = "writable space", policy.FILES, limits.disk_bytes
    if not (report.files | report.disk) & 1:
        place, files, room = "shared memory", policy.SHARED_MEMORY_FILES, policy.SHARED_MEMORY_BYTES
    if report.files:
        return Limit("files", files, "count"), f"{what} had {files:,} files and folders, as many as its {place} holds."
    return Limit("disk", room, "bytes"), f"{what} filled its {size(room)} of {place}."


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRT{number}" if number >= signal.SIGRTMIN else f"SIG{number}"


def _ms(microseconds: int) -> int:
    return max(0, round(microseconds / 1000))
