"""Makes the images that are missing or out of date."""

from __future__ import annotations

import contextlib
import io
import logging
import queue
import re
import tarfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any, cast

from gistrun import languages
from gistrun.engine import Engine
from gistrun.errors import EngineRefused, GistrunError, SandboxUnavailable, SetupError
from gistrun.images.catalogue import BASE, Catalogue, labels
from gistrun.images.debian import ensure_debian
from gistrun.languages import Language
from gistrun.model import Image, Outcome, Output, Program
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy

log = logging.getLogger(__name__)

#: The engine gains nothing from more than two builds at a time.
_AT_A_TIME = 2
_LOG_LINES = 15

_NO_ARGUMENTS: Mapping[str, str] = {}


class Builder:
    """Builds the images of a catalogue.

    Args:
        owner: who is responsible for the sandboxes in which toolchains are asked for their versions.
        runtime: OCI runtime of these sandboxes, or None for the engine's default.
    """

    def __init__(self, engine: Engine, catalogue: Catalogue, owner: Owner, runtime: str | None = None) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._owner = owner
        self._runtime = runtime
        self._base_lock = threading.Lock()

    def build(self, name: str) -> Image:
        """Make an image, unless there is one of the same folder on the same Debian.

        Raises:
            SetupError: it cannot be made; the message has the last lines of the build's output.
            SandboxUnavailable: the engine does not answer.
        """
        base, debian = self.ensure_base()
        before = self._catalogue.inspect(name)
        if before and labels(before).get("gistrun.debian") == debian:
            ready = self._catalogue.described(name, before)
            if ready:
                return ready
        log.info("Building %s", self._catalogue.tag(name))
        built = self._run(name, self._catalogue.context(name), arguments={"BASE": base})
        toolchain = self._toolchain(self._catalogue.languages[name], built)
        image = self._label(
            name,
            built,
            {
                "gistrun.language": name,
                "gistrun.toolchain": toolchain,
                "gistrun.source": self._catalogue.sources[name],
                "gistrun.debian": debian,
            },
        )
        self._forget(before, image)
        log.info("%s is ready: %s", self._catalogue.tag(name), toolchain)
        return Image(name, image, name, toolchain)

    def build_all(self, on_ready: Callable[[Image], None], on_broken: Callable[[str, str], None]) -> None:
        """Make every image, and report each as soon as it is ready, or why it cannot be made.

        Images that exist already are reported at once, and again after their build was checked. Both functions are
        called on this thread.

        Raises:
            SetupError: the image that all others are based on cannot be made.
            SandboxUnavailable: the engine does not answer.
        """
        known = self._catalogue.languages
        names = list(dict.fromkeys([*languages.first(known), *sorted(known)]))
        missing = []
        for name in names:
            if ready := self._catalogue.ready(name):
                on_ready(ready)
            else:
                missing.append(name)
        try:
            self.ensure_base()
        except SetupError as error:
            for name in missing:
                on_broken(name, str(error))
            raise
        for name, result in self._build_each(names):
            if isinstance(result, Image):
                on_ready(result)
            elif isinstance(result, GistrunError):
                log.error("%s cannot be built: %s", self._catalogue.tag(name), result)
                on_broken(name, str(result))
            else:
                raise result

    def ensure_base(self) -> tuple[str, str]:
        """The ids of the image that all others are based on and of the Debian below. Both are made if missing.

        Raises:
            SetupError: they cannot be made.
            SandboxUnavailable: the engine does not answer.
        """
        with self._base_lock:
            debian = ensure_debian(self._engine)
            before = self._catalogue.inspect(BASE)
            wanted = {"gistrun.source": self._catalogue.sources[BASE], "gistrun.debian": debian}
            if before and wanted.items() <= labels(before).items():
                return cast(str, before["Id"]), debian
            log.info("Building %s", self._catalogue.tag(BASE))
            image = self._label(BASE, self._run(BASE, self._catalogue.context(BASE)), wanted)
            self._forget(before, image)
            return image, debian

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

        for _ in range(_AT_A_TIME):
            # Daemon threads: an interrupted command ends at once, and the engine then drops the build it has begun.
            threading.Thread(target=work, daemon=True).start()
        for _ in names:
            yield done.get()

    def _run(
        self,
        name: str,
        context: bytes,
        arguments: Mapping[str, str] = _NO_ARGUMENTS,
        image_labels: Mapping[str, str] = _NO_ARGUMENTS,
        tag: str | None = None,
    ) -> str:
        """Run one build; returns the id of the image."""
        image = None
        last: deque[str] = deque(maxlen=_LOG_LINES)
        for line in self._engine.build(context, dict(arguments), dict(image_labels), tag):
            if "error" in line:
                said = "\n".join([*last, line["error"].strip()])
                raise SetupError(f"The image for {name} could not be built. The build said:\n{said}")
            image = line.get("aux", {}).get("ID", image)
            for text in line.get("stream", "").splitlines():
                log.debug("%s: %s", name, text)
                last.append(text)
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

    def _toolchain(self, language: Language, image: str) -> str:
        """The toolchain's name and version. A sandbox of the image runs the command that prints the version."""
        command = replace(language, run=language.version, compile=(), ahead=())
        policy = Policy.probe(self._runtime)
        ready = Image(language.name, image, language.name, language.toolchain)
        printed, outcome = "", None
        with closing(Sandbox(self._engine, ready, command, policy, self._owner)) as sandbox:
            for event in sandbox.run(Program(language.name, "", ())):
                if isinstance(event, Output):
                    printed += event.data
                elif isinstance(event, Outcome):
                    outcome = event
        match = re.search(language.version_pattern, printed)
        if outcome is None or outcome.exit_code != 0 or match is None:
            ended = outcome.message or f"status {outcome.exit_code}" if outcome else "no report"
            raise SetupError(
                f"{' '.join(language.version)} in the image for {language.name} ended with {ended} and printed "
                f"{printed[:200]!r}, in which version_pattern of its language.toml finds no version."
            )
        return f"{language.toolchain} {match[1]}"


def _only_from(image: str) -> bytes:
    """The tar archive of a Dockerfile that only names another image."""
    result = io.BytesIO()
    text = f"FROM {image}\n".encode()
    with tarfile.open(fileobj=result, mode="w") as archive:
        entry = tarfile.TarInfo("Dockerfile")
        entry.size = len(text)
        archive.addfile(entry, io.BytesIO(text))
    return result.getvalue()
