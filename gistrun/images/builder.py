"""Makes the images that are missing or out of date."""

from __future__ import annotations

import contextlib
import copy
import io
import logging
import queue
import ssl
import tarfile
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import certifi

from gistrun.engine import Engine
from gistrun.errors import EngineRefused, GistrunError, SandboxUnavailable, SetupError
from gistrun.images.catalogue import Catalogue, labels
from gistrun.images.debian import ensure_debian
from gistrun.images.proof import Prover
from gistrun.images.recipe import Recipe, with_file
from gistrun.model import Image
from gistrun.sandbox.owner import Owner

log = logging.getLogger(__name__)

#: The engine gains nothing from more than two builds at a time.
AT_A_TIME = 2
_LOG_LINES = 15
#: What each step may take in making an image that no program runs on: those that all are based on, and those with the
#: tools that install packages. Programs come first where both want the processor.
_LIMITS = {"memory": 2**30, "memswap": 2**30, "cpushares": 512}
#: The certificates that this machine trusts, in the folder that an image is built from. A build stage that downloads
#: something copies them: this machine may reach the registries through a proxy of its own.
_CERTIFICATES_NAME = "certificates.crt"

_NOTHING: Mapping[str, str] = {}


def _silent(_name: str, _text: str) -> None:
    pass


class Builder:
    """Builds the images of a catalogue.

    Args:
        owner: who is responsible for the sandboxes in which new images are proved.
        runtime: OCI runtime of these sandboxes, or None for the engine's default.
        on_progress: is told of each step of a build, with the image's name.
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        owner: Owner,
        runtime: str | None = None,
        on_progress: Callable[[str, str], None] = _silent,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._prover = Prover(engine, owner, runtime)
        self._on_progress = on_progress
        self._locks: dict[str, threading.Lock] = defaultdict(threading.Lock)

    def telling(self, on_progress: Callable[[str, str], None]) -> Builder:
        """The same builder, which tells somebody else."""
        other = copy.copy(self)
        other._on_progress = on_progress
        return other

    def build(self, name: str) -> Image:
        """Make the image of a language or version, and what is below, unless they are there and current.

        Raises:
            SetupError: it cannot be made; the message has the last lines of the build's output.
            SandboxUnavailable: the engine does not answer.
        """
        self._ensure(self._catalogue.recipes[name])
        image = self._catalogue.ready(name)
        if image is None:
            raise SetupError(f"The image {self._catalogue.tag(name)} was built, but the engine does not have it.")
        return image

    def ensure(self, name: str) -> str:
        """The id of any image that there is a recipe for. It is made unless it is there and current.

        Raises: as `build`.
        """
        return self._ensure(self._catalogue.recipes[name])

    def build_all(
        self, names: list[str], on_ready: Callable[[Image], None], on_broken: Callable[[str, str], None]
    ) -> None:
        """Make these images, and report each as soon as it is ready, or why it cannot be made.

        Images that can be used already are reported at once, and again after their build was checked. If a build fails
        and there is an older image that can still be used, it stays in use. Both functions are called on this thread.

        Raises:
            SetupError: no image at all could be made, and there was none before.
            SandboxUnavailable: the engine does not answer.
        """
        usable = {name: ready for name in names if (ready := self._catalogue.ready(name))}
        for ready in usable.values():
            on_ready(ready)
        failed: list[GistrunError] = []
        for name, result in self._build_each(names):
            if isinstance(result, Image):
                on_ready(result)
            elif isinstance(result, SetupError):
                failed.append(result)
                if name in usable:
                    log.error("%s cannot be built, so the image before it stays: %s", name, result)
                else:
                    log.error("%s cannot be built: %s", name, result)
                    on_broken(name, str(result))
            else:
                raise result
        if failed and not usable and len(failed) == len(names):
            raise failed[0]

    def _ensure(self, recipe: Recipe) -> str:
        """The id of the image, which is made if it is missing or was made from anything else."""
        below = self._below(recipe)
        with self._locks[recipe.name]:
            before = self._catalogue.inspect(recipe.name)
            if before and self._catalogue.is_current(recipe, before) and labels(before).get("gistrun.below") == below:
                return cast(str, before["Id"])
            image = self._make(recipe, below)
            self._forget(before, image)
            return image

    def _below(self, recipe: Recipe) -> str:
        """The id of the image that this one is built on."""
        if recipe.below is not None:
            return self._ensure(self._catalogue.recipes[recipe.below])
        with self._locks[recipe.debian]:
            if not self._engine.image(f"debian:{recipe.debian}-slim"):
                self._on_progress(recipe.name, f"installing Debian {recipe.debian}")
            return ensure_debian(self._engine, recipe.debian)

    def _make(self, recipe: Recipe, below: str) -> str:
        log.info("Building %s", self._catalogue.tag(recipe.name))
        began = time.monotonic()
        context = recipe.context()
        context = with_file(context, _CERTIFICATES_NAME, Path(_certificates()).read_bytes())
        built = self._run(recipe.name, context, recipe.dockerfile, {"BASE": below, **dict(recipe.arguments)})
        known = {"gistrun.image": recipe.name, "gistrun.source": recipe.source, "gistrun.below": below}
        if recipe.language:
            self._on_progress(recipe.name, "proving it")
            toolchain = self._prover.toolchain(recipe.language, built)
            self._prover.hello(recipe.language, built, recipe.folder)
            known |= {
                "gistrun.language": recipe.language.name,
                "gistrun.toolchain": toolchain,
                "gistrun.commands": recipe.commands,
            }
            seconds = round(time.monotonic() - began)
            log.info("%s is ready after %d s: %s", self._catalogue.tag(recipe.name), seconds, toolchain)
            known["gistrun.seconds"] = str(seconds)
        return self._label(recipe.name, built, known)

    def _build_each(self, names: list[str]) -> Iterator[tuple[str, Image | Exception]]:
        """Build two at a time, in this order; yields each as soon as it is done."""
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[str, Image | Exception]] = queue.SimpleQueue()
        for name in names:
            waiting.put(name)

        def work() -> None:
            with contextlib.suppress(queue.Empty):
                while True:
                    name = waiting.get_nowait()
                    try:
                        done.put((name, self.build(name)))
                    except Exception as error:
                        done.put((name, error))

        for _ in range(AT_A_TIME):
            # Daemon threads: an interrupted command ends at once, and the engine then drops the build it has begun.
            threading.Thread(target=work, daemon=True).start()
        for _ in names:
            yield done.get()

    def _run(
        self,
        name: str,
        context: bytes,
        dockerfile: str = "Dockerfile",
        arguments: Mapping[str, str] = _NOTHING,
        image_labels: Mapping[str, str] = _NOTHING,
        tag: str | None = None,
    ) -> str:
        """Run one build; returns the id of the image."""
        image = None
        last: deque[str] = deque(maxlen=_LOG_LINES)
        limits = None if self._catalogue.recipes[name].language else _LIMITS
        for line in self._engine.build(context, dockerfile, dict(arguments), dict(image_labels), tag, limits):
            if "error" in line:
                said = "\n".join([*last, line["error"].strip()])
                raise SetupError(f"The image for {name} could not be built. The build said:\n{said}")
            image = line.get("aux", {}).get("ID", image)
            for text in line.get("stream", "").splitlines():
                log.debug("%s: %s", name, text)
                last.append(text)
                if text.startswith("Step ") and tag is None:
                    self._on_progress(name, text.partition(" : ")[0].lower())
        if image is None:
            raise SandboxUnavailable(f"The Docker engine stopped building the image for {name} without saying why.")
        return cast(str, image)

    def _label(self, name: str, built: str, image_labels: dict[str, str]) -> str:
        """Give an image its name and labels, by a build that changes nothing else; returns the new id."""
        return self._run(name, _only_from(built), image_labels=image_labels, tag=self._catalogue.tag(name))

    def _forget(self, before: dict[str, Any] | None, image: str) -> None:
        """Remove an image that has been replaced. The engine refuses if another image is based on it."""
        if before and before["Id"] != image:
            with contextlib.suppress(EngineRefused):
                self._engine.remove_image(before["Id"])


def _certificates() -> str:
    """The file of the certificates that this machine trusts; where it has none, those that come with Python's HTTP."""
    return ssl.get_default_verify_paths().cafile or certifi.where()


def _only_from(image: str) -> bytes:
    """The tar archive of a Dockerfile that only names another image."""
    empty = io.BytesIO()
    tarfile.open(fileobj=empty, mode="w").close()
    return with_file(empty.getvalue(), "Dockerfile", f"FROM {image}\n".encode())
