"""Makes the sandboxes and network namespaces of one worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from gistrun.engine import Engine
from gistrun.errors import ImageMissing, SandboxUnavailable
from gistrun.languages import Language, by_image
from gistrun.model import Image, Program
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.namespace import NetworkNamespace
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy


class ReadyImages(Protocol):
    """The images that sandboxes are started from."""

    def ready(self, name: str) -> Image | None:
        """The image of that name, or None while there is none."""


@dataclass(frozen=True, slots=True)
class Maker:
    """All that is needed to make a sandbox of any image."""

    engine: Engine
    images: ReadyImages
    languages: Mapping[str, Language]
    policy: Policy
    owner: Owner

    def sandbox(self, image: str, namespace: NetworkNamespace | None = None) -> Sandbox:
        """A sandbox of the image of that name.

        It is made in `namespace`, or in a new one if `namespace` is None or has died; its attribute `namespace` says
        which.

        Raises:
            ImageMissing
            SandboxUnavailable: the engine could not make the sandbox.
        """
        found = self._ready(image)
        language, policy = self._held(image)
        if namespace is not None and namespace.is_waiting():
            try:
                return Sandbox(self.engine, found, language, policy, self.owner, namespace)
            except SandboxUnavailable:
                if namespace.is_waiting():
                    raise
        return Sandbox(self.engine, found, language, policy, self.owner)

    def with_folder(self, image: Image, packages: str) -> Sandbox:
        """A sandbox of that image for a program with packages, which are in a folder of the engine's host.

        Raises:
            SandboxUnavailable: the engine could not make the sandbox.
        """
        language, policy = self._held(image.name)
        return Sandbox(self.engine, image, language, replace(policy, packages=packages), self.owner)

    def version_of(self, program: Program) -> Language:
        """The version of the language that the program runs on."""
        language = self.languages[program.language].at(program.version)
        if language is None:
            raise SandboxUnavailable(f"There is no version {program.version} of {program.language} here any more.")
        return language

    def namespace(self, image: str) -> NetworkNamespace:
        """A new network namespace, kept by a container of the image of that name.

        Raises:
            ImageMissing
            SandboxUnavailable: the engine could not make the namespace.
        """
        return NetworkNamespace(self.engine, self._ready(image).digest, self.owner)

    def _held(self, image: str) -> tuple[Language, Policy]:
        """The language of the image of that name, and the policy of its sandboxes."""
        language = by_image(self.languages)[image.partition("+")[0]]
        return language, replace(self.policy, limits=language.effective(self.policy.limits))

    def _ready(self, image: str) -> Image:
        found = self.images.ready(image)
        if found is None:
            raise ImageMissing(image)
        return found
