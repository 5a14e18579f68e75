"""Makes the images that sandboxes are started from, out of the folders of `images/`.

    debian:trixie-slim ─ gistrun/base (images/_base) ─ gistrun/<language> (images/<language>)

What an image was made from stands in its labels, so that an unchanged folder is not built again:

    gistrun.language    the folder's name
    gistrun.toolchain   what it runs programs with, "Python 3.13.5"
    gistrun.source      digest of images/_base and images/<language>
    gistrun.debian      id of the debian:trixie-slim beneath
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import itertools
import logging
import os
import queue
import re
import shutil
import subprocess
import tarfile
import threading
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, cast

import docker
import requests
from docker.types import LogConfig

from gistrun.errors import EngineUnavailable, GistrunError, SandboxUnavailable, SetupError
from gistrun.languages import IMAGES, Language
from gistrun.model import ReadyLanguage

log = logging.getLogger(__name__)

DEBIAN = "debian:trixie-slim"
_MIRROR = "http://deb.debian.org/debian"
#: Seconds that one step of a build may be silent: the longest compiles a standard library.
_BUILD_S = 900
#: The engine gains nothing from more than two builds at a time.
_AT_A_TIME = 2
#: Quick to build or much asked for; the others follow by name.
_FIRST = ("bash", "python", "javascript")
#: Seconds to wait for a toolchain to tell its version.
_PATIENCE_S = 60
_LOG_LINES = 15
#: Anyone but root; the version of a toolchain is no secret and needs no right.
_USER = "20000:20000"
_ENGINE_ERRORS = (docker.errors.DockerException, requests.RequestException, OSError)

# All of it in namespaces and a memory file system of its own: nothing is left on this machine, however it ends.
# --force-check-gpg: without it nothing is checked where the archive's keys are missing.
_DEBOOTSTRAP = f"""
mount -t tmpfs -o mode=0755 none /mnt &&
debootstrap --force-check-gpg --variant=minbase trixie /mnt {_MIRROR} >&2 &&
rm -rf /mnt/var/cache/apt/archives/*.deb /mnt/var/lib/apt/lists/* &&
tar --numeric-owner -C /mnt -c .
"""


class Images:
    """The images of the known languages on one engine."""

    def __init__(
        self,
        engine: docker.APIClient,
        known: dict[str, Language],
        *,
        runtime: str | None = None,
        folder: Path = IMAGES,
        repository: str = "gistrun",
    ) -> None:
        """
        Args:
            runtime: OCI runtime, or None for the engine's default.
            folder: where `_base` and the languages' folders are.
            repository: what image names begin with.
        """
        self._engine = engine
        self._languages = known
        self._runtime = runtime
        self._folder = folder
        self._repository = repository
        self._base_lock = threading.Lock()
        base = _context(folder / "_base")
        self._source = {name: hashlib.sha256(base + _context(folder / name)).hexdigest() for name in known}
        self._base_source = hashlib.sha256(base).hexdigest()

    def ready(self, language: str) -> ReadyLanguage | None:
        """The language's image, or None while there is none made from its folder as it is now.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        image = self._inspect(self._tag(language))
        return self._as_ready(language, image) if image else None

    def all_ready(self) -> list[ReadyLanguage]:
        """All languages that have an image, as `ready` tells them, with one question to the engine.

        Raises:
            SandboxUnavailable: the engine does not answer.
        """
        with _engine_answers():
            found: Any = self._engine.images(filters={"label": "gistrun.language"})
        tagged = {tag: image for image in found for tag in image["RepoTags"] or ()}
        languages = []
        for name in self._languages:
            image = tagged.get(self._tag(name))
            if image and (ready := self._as_ready(name, {"Id": image["Id"], "Config": image})):
                languages.append(ready)
        return languages

    def build(self, language: str) -> ReadyLanguage:
        """Make the language's image, unless there is one of the same folder on the same Debian.

        Raises:
            SetupError: it cannot be made, with the last lines of what the build said.
            SandboxUnavailable: the engine does not answer.
        """
        base, debian = self.ensure_base()
        before = self._inspect(self._tag(language))
        if before and _labels(before).get("gistrun.debian") == debian:
            ready = self._as_ready(language, before)
            if ready:
                return ready
        log.info("Building %s", self._tag(language))
        built = self._build(_context(self._folder / language), language, buildargs={"BASE": base})
        toolchain = self._toolchain(self._languages[language], built)
        labels = {
            "gistrun.language": language,
            "gistrun.toolchain": toolchain,
            "gistrun.source": self._source[language],
            "gistrun.debian": debian,
        }
        image = self._label(built, labels, self._tag(language))
        self._forget(before, image)
        log.info("%s is ready: %s", self._tag(language), toolchain)
        return ReadyLanguage(language, image, toolchain)

    def build_all(self, on_ready: Callable[[ReadyLanguage], None], on_broken: Callable[[str, str], None]) -> None:
        """Make every image, telling of each language as soon as it can be run, or why it cannot be.

        What is there already is told at once, and again after a look at what it was made from. Both functions are
        called on this thread.

        Raises:
            SetupError: what all images stand on cannot be made.
            SandboxUnavailable: the engine does not answer.
        """
        names = sorted(self._languages, key=lambda name: (*_FIRST, name).index(name))
        missing = []
        for name in names:
            if ready := self.ready(name):
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
            if isinstance(result, ReadyLanguage):
                on_ready(result)
            elif isinstance(result, GistrunError):
                log.error("%s cannot be built: %s", self._tag(name), result)
                on_broken(name, str(result))
            else:
                raise result

    def _build_each(self, names: list[str]) -> Iterator[tuple[str, ReadyLanguage | Exception]]:
        """Two at a time, in that order, each told when it is done."""
        waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
        done: queue.SimpleQueue[tuple[str, ReadyLanguage | Exception]] = queue.SimpleQueue()
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
            # Daemons, so that an interrupted command ends at once; the engine then drops the build it has begun.
            threading.Thread(target=work, daemon=True).start()
        for _ in names:
            yield done.get()

    def ensure_base(self) -> tuple[str, str]:
        """The ids of the image all languages stand on and of the Debian beneath, both made if they are missing.

        Raises:
            SetupError: they cannot be made, with the reason.
            SandboxUnavailable: the engine does not answer.
        """
        with self._base_lock:
            debian = self._debian()
            tag = self._tag("base")
            before = self._inspect(tag)
            labels = {"gistrun.source": self._base_source, "gistrun.debian": debian}
            if before and labels.items() <= _labels(before).items():
                return cast(str, before["Id"]), debian
            log.info("Building %s", tag)
            built = self._build(_context(self._folder / "_base"), "base", buildargs={})
            image = self._label(built, labels, tag)
            self._forget(before, image)
            return image, debian

    def _debian(self) -> str:
        image = self._inspect(DEBIAN)
        if image is None:
            self._pull()
            image = self._inspect(DEBIAN)
        if image is None:
            self._debootstrap()
            image = self._inspect(DEBIAN)
        if image is None:
            raise SetupError(f"The Docker engine took {DEBIAN}, but does not show it. Run: docker pull {DEBIAN}")
        return cast(str, image["Id"])

    def _pull(self) -> None:
        """Ask a registry; that none answers, which the engine finds out within seconds, is no error yet."""
        log.info("Pulling %s", DEBIAN)
        name, _, tag = DEBIAN.partition(":")
        try:
            for line in self._engine.pull(name, tag=tag, stream=True, decode=True):
                log.debug("%s", line.get("error") or line.get("status"))
        except _ENGINE_ERRORS as error:
            log.info("%s could not be pulled: %s", DEBIAN, error)

    def _debootstrap(self) -> None:
        cannot = f"There is no image {DEBIAN}, no registry answers, and it cannot be made here"
        if not shutil.which("debootstrap"):
            raise SetupError(f"{cannot}: install the package debootstrap, or run docker pull {DEBIAN}.")
        if os.geteuid() != 0:
            raise SetupError(f"{cannot} without root: run this once as root, or run docker pull {DEBIAN}.")
        log.info("Installing Debian from %s", _MIRROR)
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", _DEBOOTSTRAP]
        with subprocess.Popen(  # noqa: S603 - the command is a constant
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as installer:
            archive, messages = cast(IO[bytes], installer.stdout), cast(IO[bytes], installer.stderr)
            last: deque[str] = deque(maxlen=_LOG_LINES)
            listener = threading.Thread(target=_listen, args=(messages, last), daemon=True)
            listener.start()
            first = archive.read(1 << 20)  # comes when Debian is installed, and not at all if it could not be
            if first:
                name, _, tag = DEBIAN.partition(":")
                with _engine_answers():
                    self._engine.import_image_from_data(
                        itertools.chain([first], iter(lambda: archive.read(1 << 20), b"")),
                        repository=name,
                        tag=tag,
                        changes='CMD ["bash"]',
                    )
            listener.join()
        if installer.returncode != 0:
            raise SetupError("\n".join([f"{cannot}, since debootstrap failed:", *last]))

    def _build(self, context: bytes, name: str, buildargs: dict[str, str]) -> str:
        """The id of the image built."""
        image = None
        last: deque[str] = deque(maxlen=_LOG_LINES)
        with _engine_answers():
            answer = self._engine.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                buildargs=buildargs,
                # The packages come over the host's network; a bridge may not exist or not lead anywhere.
                network_mode="host",
                rm=True,
                forcerm=True,
                decode=True,
                timeout=_BUILD_S,
            )
            for line in answer:
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

    def _label(self, image: str, labels: dict[str, str], tag: str) -> str:
        """The id of the same image under that name and with those labels: a build of metadata only."""
        with _engine_answers():
            answer = self._engine.build(
                fileobj=io.BytesIO(f"FROM {image}\n".encode()),
                labels=labels,
                tag=tag,
                rm=True,
                forcerm=True,
                decode=True,
            )
            for line in answer:
                if "error" in line:
                    raise SetupError(f"The image {tag} could not be labelled: {line['error'].strip()}")
        labelled = self._inspect(tag)
        if labelled is None:
            raise SandboxUnavailable(f"The image {tag} was removed while it was made.")
        return cast(str, labelled["Id"])

    def _forget(self, before: dict[str, Any] | None, image: str) -> None:
        """Remove an image that has been replaced; one that something still stands on stays."""
        if before and before["Id"] != image:
            with contextlib.suppress(docker.errors.APIError):
                self._engine.remove_image(before["Id"])

    def _toolchain(self, language: Language, image: str) -> str:
        """The toolchain's name and version, asked of the image itself."""
        with _engine_answers():
            host_config = self._engine.create_host_config(
                network_mode="none",
                read_only=True,
                tmpfs={"/sandbox": "size=16m,mode=1777"},
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                mem_limit="256m",
                pids_limit=64,
                log_config=LogConfig(type=LogConfig.types.JSON),
                runtime=self._runtime,
            )
            container = self._engine.create_container(
                image,
                entrypoint=list(language.version),
                user=_USER,
                environment=dict(language.environment),
                labels={"gistrun.role": "image"},
                host_config=host_config,
            )
            try:
                self._engine.start(container)
                status = self._engine.wait(container, timeout=_PATIENCE_S)["StatusCode"]
                said = self._engine.logs(container).decode("utf-8", "replace")
            finally:
                self._engine.remove_container(container, force=True)
        match = re.search(language.version_pattern, said)
        if status != 0 or match is None:
            raise SetupError(
                f"{' '.join(language.version)} in the image for {language.name} ended with status {status} and printed "
                f"{said[:200]!r}, in which version_pattern of its language.toml finds no version."
            )
        return f"{language.toolchain} {match[1]}"

    def _as_ready(self, language: str, image: dict[str, Any]) -> ReadyLanguage | None:
        labels = _labels(image)
        if labels.get("gistrun.source") != self._source[language]:
            return None
        return ReadyLanguage(language, image["Id"], labels["gistrun.toolchain"])

    def _inspect(self, name: str) -> dict[str, Any] | None:
        with _engine_answers():
            try:
                return cast(dict[str, Any], cast(Any, self._engine).inspect_image(name))
            except docker.errors.ImageNotFound:
                return None

    def _tag(self, name: str) -> str:
        return f"{self._repository}/{name}:latest"


@contextlib.contextmanager
def _engine_answers() -> Iterator[None]:
    """Turn what the engine's client raises into the sentence."""
    try:
        yield
    except _ENGINE_ERRORS as error:
        if not isinstance(error, docker.errors.DockerException):  # those it answers with
            raise EngineUnavailable(f"The Docker engine does not answer: {error}") from error
        reason = getattr(error, "explanation", None) or error
        raise SandboxUnavailable(f"The Docker engine did not do what it was asked: {reason}") from error


def _labels(image: dict[str, Any]) -> dict[str, str]:
    return image["Config"].get("Labels") or {}


def _listen(messages: IO[bytes], last: deque[str]) -> None:
    for line in messages:
        text = line.decode("utf-8", "replace").rstrip()
        log.debug("debootstrap: %s", text)
        last.append(text)


def _context(folder: Path) -> bytes:
    """The folder as a tar archive, the same bytes whenever its files are the same.

    Raises:
        SetupError: there is no such folder, or a file of it cannot be read.
    """
    if not folder.is_dir():
        raise SetupError(f"There is no image folder {folder}.")
    result = io.BytesIO()
    with tarfile.open(fileobj=result, mode="w", format=tarfile.PAX_FORMAT) as archive:
        try:
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                content = path.read_bytes()
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size = len(content)
                entry.mode = 0o755 if os.access(path, os.X_OK) else 0o644
                archive.addfile(entry, io.BytesIO(content))
        except OSError as error:
            raise SetupError(f"The image folder {folder} cannot be read: {error.strerror or error}.") from error
    return result.getvalue()
