"""The images of the installers: one process of a host makes one, and who waits for it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gistrun import languages
from gistrun.errors import EngineUnavailable, Interrupted, SandboxUnavailable, SetupError
from gistrun.images.catalogue import Catalogue
from gistrun.packages.tools import Tools, ensure
from gistrun.packages.turns import Turns

PYTHON = languages.load()["python"]
SENTENCE = "The installer of Python is being prepared on this server, once"


class Builder:
    """Makes an image in these steps, unless it is there."""

    def __init__(self, *steps: str, trouble: Exception | None = None, made: threading.Event | None = None) -> None:
        self.built: list[str] = []
        self._steps = steps
        self._trouble = trouble
        self._made = made or threading.Event()
        self._tell: Callable[[str, str], None] = lambda *_: None

    def telling(self, tell: Callable[[str, str], None]) -> Builder:
        self._tell = tell
        return self

    def ensure(self, name: str) -> str:
        if self._trouble:
            raise self._trouble
        if not self._made.is_set():
            self.built.append(name)
            for step in self._steps:
                self._tell(name, step)
                time.sleep(0.05)
            self._made.set()
        return "sha256:tools"


class Engine:
    """An engine that has one image, or none."""

    def __init__(self, found: dict[str, Any] | None = None) -> None:
        self.found = found

    def image(self, name: str) -> dict[str, Any] | None:
        return self.found


def waiting(builder: Builder, folder: Path, engine: Engine | None = None) -> Tools:
    catalogue = Catalogue(engine or Engine(), languages.load())  # type: ignore[arg-type]
    return Tools(builder, catalogue, Turns(folder))  # type: ignore[arg-type]


def told(tools: Tools, stopped: Callable[[], bool] = lambda: False) -> tuple[list[str], str]:
    """The sentences, and the image's id."""
    sentences, steps = [], tools.wait(PYTHON, stopped)
    while True:
        try:
            sentences.append(next(steps).text)
        except StopIteration as end:
            return sentences, end.value


def test_who_waits_is_told_each_step(tmp_path: Path) -> None:
    builder = Builder("step 1/2", "step 2/2")
    assert told(waiting(builder, tmp_path)) == (
        [f"{SENTENCE}.", f"{SENTENCE}: step 1/2.", f"{SENTENCE}: step 2/2."],
        "sha256:tools",
    )
    assert builder.built == ["packages/python"]


def test_nothing_is_told_where_it_is_there(tmp_path: Path) -> None:
    known = Catalogue(Engine(), languages.load()).recipes["packages/python"].source  # type: ignore[arg-type]
    engine, made = Engine({"Config": {"Labels": {"gistrun.source": known}}}), threading.Event()
    made.set()
    assert told(waiting(Builder(made=made), tmp_path, engine)) == ([], "sha256:tools")


def test_several_who_need_it_have_it_made_once(tmp_path: Path) -> None:
    made = threading.Event()
    builders = [Builder("step 1/1", made=made) for _ in range(4)]
    threads = [
        threading.Thread(target=ensure, args=(builder, Turns(tmp_path), "packages/python", lambda _: None))
        for builder in builders
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sum(len(builder.built) for builder in builders) == 1


@pytest.mark.parametrize(
    ("trouble", "kind", "sentence"),
    [
        (
            SetupError("The image could not be built. The build said:\nE: no such package"),
            SandboxUnavailable,
            "The installer of Python could not be made on this server; its log says why. Run it again in a while.",
        ),
        (
            EngineUnavailable("The Docker engine does not answer."),
            EngineUnavailable,
            "The Docker engine does not answer.",
        ),
    ],
)
def test_one_that_cannot_be_made_is_told(
    tmp_path: Path, trouble: Exception, kind: type[Exception], sentence: str
) -> None:
    with pytest.raises(SandboxUnavailable) as raised:
        told(waiting(Builder(trouble=trouble), tmp_path))
    assert (type(raised.value), str(raised.value)) == (kind, sentence)


def test_one_that_is_not_ready_in_time_ends_the_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gistrun.packages.tools.TOOLS_SECONDS", 0.01)
    with pytest.raises(SandboxUnavailable) as raised:
        told(waiting(Builder(*["step 1/1"] * 10), tmp_path))
    assert str(raised.value) == "The installer of Python is not ready after 0.01 s. Run it again in a while."


def test_a_visitor_may_stop_waiting_for_it(tmp_path: Path) -> None:
    with pytest.raises(Interrupted):
        told(waiting(Builder(*["step 1/1"] * 10), tmp_path), stopped=lambda: True)
