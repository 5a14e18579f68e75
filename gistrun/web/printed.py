"""What pictures show of a run: how it ended, and the end of what it printed."""

from __future__ import annotations

from collections.abc import Iterator

from gistrun import figures
from gistrun.model import Run, Stream
from gistrun.render.badge import Standing
from gistrun.render.svg.bar import Heading
from gistrun.render.svg.session import Written, said, tail
from gistrun.store import Event
from gistrun.web.output import not_the_program
from gistrun.web.services import services


def heading_of(standing: Standing, run: Run | None) -> Heading:
    """How a gist stands, in the words of badges, with the run's figures."""
    if run is None:
        return Heading(standing.message, standing.color)
    outcome = run.outcome
    facts = [
        None if outcome.exit_code is None else f"exit status {outcome.exit_code}",
        outcome.signal,
        None if outcome.duration_ms is None else figures.duration(outcome.duration_ms),
        run.toolchain,
    ]
    return Heading(standing.message, standing.color, run.file, tuple(fact for fact in facts if fact))


def written_by(run: Run, columns: int | None) -> list[Written]:
    """The end of what a run printed, and what is to be said besides, in so many columns."""
    store = services().store
    written = tail(_backwards(store.streams.current_events(run.id)))
    sentences = [not_the_program(run.as_json()).strip()]
    known = store.gists.latest(run.gist)
    if known and known.trouble:
        sentences.append(f"{known.trouble} So this may not be its latest revision.")
    if not written and not any(sentences):
        sentences.append("It printed nothing." if run.state.finished else "It has printed nothing yet.")
    return written + [said(text, columns) for text in sentences if text]


def _backwards(events: list[Event]) -> Iterator[Written]:
    for event in reversed(events):
        if event.name == "output" and event.of_program:
            data = event.data
            yield Written(data["t"], data["phase"], data["stream"] == Stream.STDERR, data["data"])
