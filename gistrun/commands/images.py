"""`gistrun images`: build, check, list and prune the languages' images."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from gistrun import figures, languages
from gistrun.app import App
from gistrun.commands.run import memory, plain_sandboxes
from gistrun.errors import EngineRefused, SetupError, StoreUnavailable
from gistrun.explaining import ExplainingSandboxes
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.checks import Check, checks
from gistrun.images.recipe import tools
from gistrun.model import Image, Outcome, Output, Packages, Sandboxes
from gistrun.offer import Offer
from gistrun.packages.disk import Disk, Kept
from gistrun.packages.tools import ensure
from gistrun.packages.turns import Turns
from gistrun.sandbox.owner import Owner

log = logging.getLogger(__name__)


def build(app: App, names: Sequence[str], *, everything: bool = False) -> int:
    """Build the images that are missing or out of date: those named, or all, or those of the common languages. Where
    none are named, those with the tools that install packages for the common ones follow. Returns how many could not
    be built.

    A running service learns of each image as soon as it is ready.

    Raises:
        SetupError: there is no such image, or no image at all can be made.
    """
    app.store.may_be_absent()
    engine = app.engine()
    catalogue = app.images(engine)
    _check_names(catalogue, names)
    common = [app.languages[name].image for name in languages.first(app.languages)]
    installers = [] if names or app.settings.packages is Packages.OFF else map(tools, common)
    names = list(catalogue.versions) if everything else list(names) or common
    broken: list[str] = []
    unheard: list[str] = []

    def publish(name: str, write: Callable[[], None]) -> None:
        try:
            write()
        except StoreUnavailable:
            unheard.append(name)

    def on_ready(image: Image) -> None:
        publish(image.name, lambda: app.store.images.publish(image))

    def on_broken(name: str, reason: str) -> None:
        broken.append(name)
        publish(name, lambda: app.store.images.publish_broken(name, reason))

    owner = Owner(_instance(app), f"images-{os.getpid()}")
    builder = Builder(engine, catalogue, owner, app.settings.runtime)
    builder.build_all(names, on_ready, on_broken)
    if unheard:
        log.info("No service is running. Its workers will find the images when they start.")
    # Last, since a program without packages needs none of them.
    return len(broken) + sum(not _make_tools(app, builder, name) for name in installers if name in catalogue.recipes)


def _make_tools(app: App, builder: Builder, name: str) -> bool:
    """Make an image with the tools that install packages; whether it is there."""
    try:
        ensure(builder, Turns(app.settings.data / "packages"), name, lambda _: None)
    except SetupError as error:
        log.error("%s cannot be built: %s", name, error)
        return False
    return True


def _instance(app: App) -> str:
    """The installation's name, or a name of its own for a command that runs without the service."""
    try:
        return app.store.workers.instance()
    except StoreUnavailable:
        return "images"


def check(app: App, names: Sequence[str]) -> int:
    """Run the checks of the images named, or of all that are built; returns how many do not end as they must.

    Raises:
        SetupError: there is no such image.
    """
    catalogue = app.images(app.engine())
    _check_names(catalogue, names)
    wrong = 0
    offer = Offer(app.languages, app.settings.limits)
    with plain_sandboxes(app) as plain:
        sandboxes = ExplainingSandboxes(plain, offer.version_of, offer.limits)
        for name in names or [image.name for image in catalogue.all_ready()]:
            for each in checks(catalogue.versions[name], languages.IMAGES):
                wrong += not _ends_well(sandboxes, name, each)
    return wrong


def _ends_well(sandboxes: Sandboxes, name: str, each: Check) -> bool:
    output: list[Output] = []
    for event in sandboxes.run(each.program):
        if isinstance(event, Output):
            output.append(event)
        elif isinstance(event, Outcome):
            trouble = each.trouble(event, output)
            took = f"{event.compile_ms or 0} + {event.duration_ms} ms"
            print(f"{'NOT OK' if trouble else 'ok'}  {name}: {each.name}, {took}", flush=True)
            if trouble:
                print(trouble, flush=True)
            return not trouble
    return False


def show(app: App, names: Sequence[str]) -> int:
    """Print the images named, or all, with their toolchains and sizes. Images share what is below them."""
    engine = app.engine()
    catalogue = app.images(engine)
    _check_names(catalogue, names)
    for name in names or list(catalogue.versions):
        ready = catalogue.ready(name)
        found = engine.image(ready.digest) if ready else None
        if ready and found:
            print(f"{name:24} {ready.toolchain:28} {figures.size(found['Size'])}")
        else:
            print(f"{name:24} not built: gistrun images build {name}")
    if not names:
        _show_environments(Disk(engine, catalogue, memory(app)).kept(), app.settings.packages_disk)
    return 0


def _show_environments(kept: Sequence[Kept], most: int) -> None:
    """Print the images with packages, and what their packages take; those not used for longest first."""
    for each in kept:
        used = datetime.fromtimestamp(each.used, UTC).strftime("used %Y-%m-%d %H:%M")
        print(f"{each.name:24} {used:28} {figures.size(each.bytes)}")
    total = sum(each.bytes for each in kept)
    print(f"{len(kept)} with packages, which take {figures.size(total)} of {figures.size(most)}")


def prune(app: App, names: Sequence[str]) -> int:
    """Remove the images named, or those of all languages that are not common, and all images with packages that no
    sandbox uses and nobody used a short while ago. A gist that needs one has it made again.

    Raises:
        SetupError: there is no such image.
    """
    engine = app.engine()
    catalogue = app.images(engine)
    _check_names(catalogue, names)
    if not names:
        for each in Disk(engine, catalogue, memory(app)).make_room(0):
            print(f"Removed {each.name}, which took {figures.size(each.bytes)}")
    common = {app.languages[name].image for name in languages.first(app.languages)}
    needed = {catalogue.recipes[name].below for name in common}
    for name in names or [name for name in catalogue.versions if name not in common | needed]:
        if not catalogue.inspect(name):
            continue
        try:
            engine.remove_image(catalogue.tag(name))
        except EngineRefused as error:
            print(f"{name} stays: {error.reason}")
            continue
        print(f"Removed {name}")
        try:
            app.store.images.forget(name)
        except StoreUnavailable:
            log.debug("No service is running.")
    return 0


def _check_names(catalogue: Catalogue, names: Sequence[str]) -> None:
    for name in names:
        if name not in catalogue.versions:
            raise SetupError(f"There is no image {name!r}; there are {', '.join(catalogue.versions)}.")
