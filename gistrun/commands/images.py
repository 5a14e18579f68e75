"""`gistrun images build` and `gistrun images check`."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence

from gistrun import languages
from gistrun.app import App
from gistrun.commands.run import terminal_sandboxes
from gistrun.errors import SetupError, StoreUnavailable
from gistrun.images.builder import Builder
from gistrun.model import GistFile, Image, Outcome, Output, Program, Sandboxes, State
from gistrun.sandbox.owner import Owner

log = logging.getLogger(__name__)


def build(app: App, names: Sequence[str]) -> int:
    """Build the images that are missing, of the languages named or of all; returns how many could not be built.

    A running service learns of each image as soon as it is ready.

    Raises:
        SetupError: there is no such language, or the image that all others are based on cannot be made.
    """
    _check_names(app, names)
    broken: list[str] = []
    unheard: list[str] = []

    def publish(name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreUnavailable:
            unheard.append(name)

    def on_ready(image: Image) -> None:
        publish(image.language, lambda: app.store.languages.publish(image))

    def on_broken(name: str, reason: str) -> None:
        broken.append(name)
        publish(name, lambda: app.store.languages.publish_broken(name, reason))

    engine = app.engine()
    owner = Owner(_instance(app), f"images-{os.getpid()}")
    Builder(engine, app.images(engine, names), owner, app.settings.runtime).build_all(on_ready, on_broken)
    if unheard:
        log.info("No service is running. Its workers will find the images when they start.")
    return len(broken)


def _instance(app: App) -> str:
    """The installation's name, or a name of its own for a command that runs without the service."""
    try:
        return app.store.workers.instance()
    except StoreUnavailable:
        return "images"


def check(app: App, names: Sequence[str]) -> int:
    """Run the hello of each language named, or of all; returns how many do not print what is expected."""
    _check_names(app, names)
    with terminal_sandboxes(app) as sandboxes:
        return sum(not _prints_hello(app, sandboxes, name) for name in names or app.languages)


def _prints_hello(app: App, sandboxes: Sandboxes, name: str) -> bool:
    folder = languages.IMAGES / name
    files = [path for path in sorted(folder.glob("hello.*")) if path.suffix != ".out"]
    program = Program(name, files[0].name, tuple(GistFile(path.name, path.read_bytes()) for path in files))
    printed, well = "", False
    for event in sandboxes.run(program):
        if isinstance(event, Output):
            printed += event.data
        elif isinstance(event, Outcome):
            well = event.state is State.PASSED and printed == (folder / "hello.out").read_text()
            took = f"{event.compile_ms or 0} + {event.duration_ms} ms"
            print(f"{'ok' if well else 'NOT OK'}  {app.languages[name].title}: {took}")
            if not well:
                print(f"{event}\n{printed}")
    return well


def _check_names(app: App, names: Sequence[str]) -> None:
    for name in names:
        if name not in app.languages:
            raise SetupError(f"There is no language {name!r}; there are {', '.join(app.languages)}.")
