"""The world around the runs of one gist: real Redis; GitHub, the queue and the sandboxes are ours to direct."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import tests.world
from gistrun.model import (
    Gist,
    GistFile,
    Run,
)
from gistrun.store import Store
from tests.fakes import ScriptedSandboxes, out, passed, taken

ID = "a" * 20
SHA1, SHA2 = "1" * 40, "2" * 40


def gist(revision: str = SHA1, body: str = "print(1)", **fields: Any) -> Gist:
    files = fields.pop("files", (GistFile("main.py", body.encode(), "Python"),))
    return Gist(**{"id": ID, "revision": revision, "files": files, "owner": "ada", "etag": f'"{revision}"', **fields})


class World(tests.world.World):
    """Everything around the runs of one gist."""

    def __init__(self, store: Store) -> None:
        super().__init__(store, sandboxes=ScriptedSandboxes({"main.py": [taken(), out("1\n"), passed(2)]}))

    def later(self, **span: float) -> None:
        self.clock.time += timedelta(**span)

    def visit(self, revision: str | None = None, **options: Any) -> Run:
        run = self.open(ID, revision, **options).run
        assert run
        return run
