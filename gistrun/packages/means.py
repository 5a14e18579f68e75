"""What environments are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.packages.bounds import Bounds
from gistrun.packages.registry import Address
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
