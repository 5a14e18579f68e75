"""What environments are made with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gistrun.engine import Engine
from gistrun.images.builder import Builder
from gistrun.images.catalogue import Catalogue
from gistrun.packages.installer import Bounds
from gistrun.packages.registry import Address
from gistrun.sandbox.owner import Owner

#: Where the scripts of an ecosystem are in the images with its tools.
SCRIPTS = "/usr/local/lib/gistrun/packages"


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
