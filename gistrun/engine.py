"""The Docker engine: one method for each call that gistrun makes. The only module that knows the Docker SDK.

An engine that does not answer raises `EngineUnavailable`; one that answers with an error raises `EngineRefused`. No
exception of the SDK, or of the HTTP libraries below it, leaves this module.
"""

from __future__ import annotations

import contextlib
import io
import socket
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

import docker
import requests
import urllib3

from gistrun.errors import EngineRefused, EngineUnavailable

#: Seconds for the engine to finish removing a container. Hundreds of times what it needs.
_REMOVED_S = 10
#: Seconds that one step of a build may be silent: the longest compiles a standard library.
_BUILD_S = 900


def connect(timeout_s: int) -> Engine:
    """The engine that DOCKER_HOST names.

    Args:
        timeout_s: seconds that any one answer may take.

    Raises:
        EngineUnavailable: it does not answer.
    """
    try:
        with _errors():
            engine = Engine(docker.from_env(timeout=timeout_s).api)
            engine.ping()
    except (EngineRefused, EngineUnavailable) as error:
        raise EngineUnavailable(
            f"The Docker engine does not answer ({error.__cause__ or error}): "
            "start it, or set DOCKER_HOST to where it is."
        ) from error
    return engine


def unreachable(error: Exception) -> EngineUnavailable:
    """The error to raise where a connection to the engine broke, such as one that `attach` returned."""
    return EngineUnavailable(f"The Docker engine does not answer: {_reason(error)}")


class Engine:
    """One Docker engine.

    Args:
        client: the SDK's `APIClient`.

    Every method raises EngineUnavailable if the engine does not answer, and EngineRefused if it answers with an error.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def is_local(self) -> bool:
        """True if it is reached through a Unix socket, so that it runs on this machine."""
        return bool(self._client.base_url == "http+docker://localhost")

    def ping(self) -> None:
        with _errors():
            self._client.ping()

    def info(self) -> dict[str, Any]:
        """What the engine says about itself (`docker info`)."""
        with _errors():
            return cast(dict[str, Any], self._client.info())

    # Containers

    def create(self, options: dict[str, Any]) -> str:
        """Create a container from the body of the API's "create container" call; returns its id."""
        with _errors():
            return cast(str, self._client.create_container_from_config(options)["Id"])

    def limit(self, container: str, memory_bytes: int, pids: int) -> None:
        """Change the limits of a container that runs. Memory and swap together may hold `memory_bytes`."""
        with _errors():
            limits = {"Memory": memory_bytes, "MemorySwap": memory_bytes, "PidsLimit": pids}
            url = self._client._url(
                "/containers/{0}/update", container
            )  # the SDK's update_container knows no PidsLimit
            self._client._raise_for_status(self._client._post_json(url, data=limits))

    def start(self, container: str) -> None:
        with _errors():
            self._client.start(container)

    def attach(self, container: str) -> socket.socket:
        """The raw connection to a container's standard streams. Attach before `start`, or the first bytes are lost.

        Whoever holds it must read it or close it: an attached reader that stops reading blocks every other call about
        this container.
        """
        wanted = {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
        with _errors():
            attached: Any = self._client.attach_socket(container, params=wanted)
        return cast(socket.socket, getattr(attached, "_sock", attached))

    def remove(self, container: str) -> None:
        """Remove a container, running or not. Returns when it is gone."""
        try:
            with _errors():
                self._client.remove_container(container, force=True, v=True)
        except EngineRefused as error:
            if error.code == 409:  # the engine removes it already, because process 1 has ended
                with contextlib.suppress(EngineRefused), _errors():
                    self._client.wait(container, condition="removed", timeout=_REMOVED_S)
            elif error.code != 404:
                raise

    def containers(self, labels: Sequence[str]) -> list[dict[str, Any]]:
        """All containers that have these labels ("name" or "name=value"), running or not."""
        with _errors():
            return cast(list[dict[str, Any]], self._client.containers(all=True, filters={"label": list(labels)}))

    def events(self, container: str, actions: Sequence[str], until: int) -> Generator[dict[str, Any]]:
        """What happened to a container, past events first. Close the iterator to stop listening.

        Args:
            until: seconds since the epoch at which the iterator ends by itself.
        """
        wanted = {"container": container, "event": list(actions)}
        with (
            _errors(),
            contextlib.closing(self._client.events(since=1, until=until, filters=wanted, decode=True)) as events,
        ):
            yield from events

    def written(self, container: str) -> int:
        """Bytes that a container has written into its own layer."""
        with _errors():
            found = self._client.containers(all=True, size=True, filters={"id": container})
        return int(found[0].get("SizeRw") or 0) if found else 0

    def layer(self, container: str) -> str | None:
        """The folder of the engine's host in which is what a container has written, at the same paths; None where the
        engine keeps it in another way.
        """
        with _errors():
            found = self._client.inspect_container(container).get("GraphDriver") or {}
        folder = (found.get("Data") or {}).get("UpperDir") if found.get("Name") == "overlay2" else None
        return cast(str, folder) if folder else None

    def commit(
        self, container: str, name: str | None, tag: str | None, labels: Mapping[str, str], changes: Sequence[str]
    ) -> str:
        """Make an image of a container as it is now; returns the image's id.

        Args:
            name: its repository, and None for an image without a name; `tag` likewise.
            changes: lines as in a Dockerfile.
        """
        with _errors():
            made = self._client.commit(container, name, tag, changes=list(changes), conf={"Labels": dict(labels)})
        return cast(str, made["Id"])

    # Images

    def image(self, name: str) -> dict[str, Any] | None:
        """The image of that name or id as the engine describes it, or None."""
        try:
            with _errors():
                return cast(dict[str, Any], self._client.inspect_image(name))
        except EngineRefused as error:
            if error.code == 404:
                return None
            raise

    def images(self, label: str) -> list[dict[str, Any]]:
        """All images with that label, described in short."""
        with _errors():
            return cast(list[dict[str, Any]], self._client.images(filters={"label": label}))

    def build(
        self,
        context: bytes,
        dockerfile: str,
        arguments: dict[str, str],
        labels: dict[str, str],
        tag: str | None,
        limits: dict[str, int] | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Build an image from a tar archive that holds the Dockerfile; yields what the build says, line by line.

        Args:
            limits: of each step, as the API has them: memory, memswap, cpushares.
        """
        with _errors():
            yield from self._client.build(
                fileobj=io.BytesIO(context),
                custom_context=True,
                dockerfile=dockerfile,
                buildargs=arguments,
                labels=labels,
                tag=tag,
                container_limits=limits,
                # Packages are downloaded through the host's network: a bridge may not exist or may lead nowhere.
                network_mode="host",
                rm=True,
                forcerm=True,
                decode=True,
                timeout=_BUILD_S,
            )

    def pull(self, name: str, tag: str) -> Iterator[dict[str, Any]]:
        """Pull an image from its registry; yields what the engine says, line by line. `tag` may be a digest."""
        with _errors():
            yield from self._client.pull(name, tag=tag, stream=True, decode=True)

    def push(self, name: str, tag: str) -> Iterator[dict[str, Any]]:
        """Push an image to the registry that its name begins with; yields what the engine says, line by line."""
        with _errors():
            yield from self._client.push(name, tag=tag, stream=True, decode=True)

    def tag(self, image: str, name: str, tag: str) -> None:
        """Give an image a further name."""
        with _errors():
            self._client.tag(image, name, tag)

    def import_image(self, archive: Iterable[bytes], name: str, tag: str, command: str) -> None:
        """Make an image from the tar archive of a root file system.

        Args:
            command: the image's default command, as in a Dockerfile: 'CMD ["sh"]'.
        """
        with _errors():
            self._client.import_image_from_data(archive, repository=name, tag=tag, changes=command)

    def remove_image(self, image: str) -> None:
        with _errors():
            self._client.remove_image(image)

    # Volumes

    def volumes(self) -> dict[str, int]:
        """All volumes by name, with the bytes that each takes. The engine measures them now."""
        with _errors():
            found = self._client.df()["Volumes"] or ()
        return {each["Name"]: max(0, each["UsageData"]["Size"]) for each in found}

    def remove_volume(self, name: str) -> None:
        """Remove a volume. Refused with status 409 while a container uses it."""
        with _errors():
            self._client.remove_volume(name)

    # Networks

    def network(self, name: str) -> dict[str, Any] | None:
        """The network of that name as the engine describes it, or None."""
        try:
            with _errors():
                return cast(dict[str, Any], self._client.inspect_network(name))
        except EngineRefused as error:
            if error.code == 404:
                return None
            raise

    def create_network(self, name: str, options: dict[str, str], labels: dict[str, str]) -> None:
        """Create a bridge network. Refused with status 409 if there is one of that name."""
        with _errors():
            self._client.create_network(name, driver="bridge", options=options, labels=labels, check_duplicate=True)

    def disconnect(self, container: str, network: str) -> None:
        """Take a network away from a container, even while the container runs."""
        with _errors():
            self._client.disconnect_container_from_network(container, network, force=True)

    def remove_network(self, name: str) -> None:
        """Remove a network. Refused while a container uses it, and with status 404 if there is none."""
        with _errors():
            self._client.remove_network(name)


@contextlib.contextmanager
def _errors() -> Iterator[None]:
    """The one map from the exceptions of the SDK, and of what is below it, to ours."""
    try:
        yield
    except docker.errors.DockerException as error:
        # Some are exceptions of `requests` too; the engine has answered in all of these cases.
        raise EngineRefused(_reason(error), code=getattr(error, "status_code", None)) from error
    except (docker.errors.StreamParseError, requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise unreachable(error) from error


def _reason(error: Exception) -> str:
    explanation = getattr(error, "explanation", None) or str(error) or type(error).__name__
    return str(explanation).strip().rstrip(".") + "."
