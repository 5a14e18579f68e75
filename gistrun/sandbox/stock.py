"""The sandboxes and network namespaces that one worker has. Used by two threads."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable

from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.namespace import NetworkNamespace


class Stock:
    """Waiting sandboxes by image, sandboxes that were taken, and namespaces that no sandbox uses."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, list[Sandbox]] = defaultdict(list)
        self._taken: set[Sandbox] = set()
        self._namespaces: list[NetworkNamespace] = []

    def warm(self) -> dict[str, int]:
        """How many sandboxes wait for each image."""
        with self._lock:
            return {image: len(waiting) for image, waiting in self._waiting.items() if waiting}

    def add(self, image: str, sandbox: Sandbox) -> None:
        """Add a sandbox that waits."""
        with self._lock:
            self._waiting[image].append(sandbox)

    def take(self, image: str) -> Sandbox | None:
        """The sandbox of that image that waits longest, from now on a taken one; None if none waits."""
        with self._lock:
            if not self._waiting[image]:
                return None
            sandbox = self._waiting[image].pop(0)
            self._taken.add(sandbox)
            return sandbox

    def take_all(self, which: Callable[[Sandbox], bool]) -> list[Sandbox]:
        """All waiting sandboxes for which `which` is true, from now on taken ones."""
        with self._lock:
            found = [(image, each) for image, waiting in self._waiting.items() for each in waiting if which(each)]
            for image, sandbox in found:
                self._waiting[image].remove(sandbox)
                self._taken.add(sandbox)
            return [sandbox for _, sandbox in found]

    def made(self, sandbox: Sandbox) -> None:
        """Add a sandbox that never waited as a taken one."""
        with self._lock:
            self._taken.add(sandbox)

    def removed(self, sandbox: Sandbox) -> None:
        """Forget a taken sandbox."""
        with self._lock:
            self._taken.discard(sandbox)

    def add_namespace(self, namespace: NetworkNamespace) -> None:
        """Add a pristine namespace that no sandbox uses."""
        with self._lock:
            self._namespaces.append(namespace)

    def take_namespace(self) -> NetworkNamespace | None:
        """A namespace for one sandbox, or None."""
        with self._lock:
            return self._namespaces.pop() if self._namespaces else None

    def namespaces(self) -> int:
        """How many namespaces no sandbox uses."""
        with self._lock:
            return len(self._namespaces)

    def clear(self) -> list[Sandbox | NetworkNamespace]:
        """Everything that is not removed yet; the stock is empty afterwards."""
        with self._lock:
            sandboxes = [*self._taken, *(sandbox for waiting in self._waiting.values() for sandbox in waiting)]
            used = [sandbox.namespace for sandbox in sandboxes if sandbox.namespace]
            everything: list[Sandbox | NetworkNamespace] = [*sandboxes, *used, *self._namespaces]
            self._waiting.clear()
            self._taken.clear()
            self._namespaces.clear()
            return everything
