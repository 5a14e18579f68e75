"""What environments are made with."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.images.shared import SharedImages
from gistrun.packages.bounds import Bounds
from gistrun.packages.job import Job
from gistrun.packages.registry import Address, Registry
from gistrun.packages.shelf import Place
from gistrun.sandbox.owner import Owner

#: Where the scripts of an ecosystem are in the images with its tools.
SCRIPTS = "/usr/local/lib/gistrun/packages"
#: What connects an installer to its registry.
DOOR = (
    "socat -d0 TCP-LISTEN:3128,bind=127.0.0.1,fork,reuseaddr,backlog=128 UNIX-CONNECT:/registry/socket 2>/dev/null & "
    "export HTTPS_PROXY=http://127.0.0.1:3128 HTTP_PROXY=http://127.0.0.1:3128; "
    "export https_proxy=$HTTPS_PROXY http_proxy=$HTTP_PROXY; "
)


@dataclass(frozen=True, slots=True)
class Means:
    """What environments are made with.

    Attributes:
        data: this host's data folder, for locks between its processes.
        registries: variables of the tools by which the deployment names registries of its own.
        upstream: the proxy of this machine, or None.
        memory_bytes: for an installer.
        disk_bytes: what all environments may take.
        bounds: what one installation may take.
        downloads: whose downloads they share, as a word; empty for those of all.
        shared: the images of the registry by which hosts share environments, or None.
    """

    engine: Engine
    builder: Builder
    catalogue: Catalogue
    owner: Owner
    data: Path
    registries: Mapping[str, str]
    upstream: Address | None
    memory_bytes: int
    disk_bytes: int
    bounds: Bounds = field(default_factory=Bounds)
    downloads: str = ""
    shared: SharedImages | None = None

    def job(self, image: str, files: Mapping[str, bytes], downloads: Place) -> Job:
        """What an installer does that has a way out, through the door."""
        command = f"{DOOR}exec {SCRIPTS}/install"
        return Job(image, command, self.memory_bytes, files, dict(self.registries), downloads, self.bounds)

    @contextlib.contextmanager
    def door(self, usual: frozenset[str]) -> Iterator[Registry]:
        """The door to these hosts, and to those of the deployment's own registries."""
        values = (value for each in self.registries.values() for value in re.split(r"[\s,|]+", each))
        # uv's own variable may give a registry a name: pypi=https://…
        own = [urlsplit(re.sub(r"^[\w-]+=", "", value)) for value in values]
        hosts = {f"{url.hostname}:{url.port}" if url.port else url.hostname for url in own if url.hostname}
        registry = Registry(usual | hosts, self.bounds.download_bytes, self.upstream)
        try:
            yield registry
        finally:
            registry.close()
