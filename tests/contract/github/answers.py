"""What the tests of GitHub's adapter share: a gist's id, and answers that the stand-in would not make."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gistrun.github import GitHub
from gistrun.model import Gist

ID = "aa5a315d61ae9438b18d0123456789ab"
OTHER = "bb" * 16
ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("GISTRUN_SHARED", ROOT.parent / "shared"))
MiB = 2**20


def real_now() -> datetime:
    return datetime.now(UTC)


def body(**fields: Any) -> dict[str, Any]:
    """A gist as small as can be, for answers that the stand-in would not make."""
    files = {"main.py": {"filename": "main.py", "truncated": False, "content": "print(1)\n"}}
    return {"id": ID, "public": True, "files": files, "history": [{"user": None, "version": "ab" * 20}], **fields}


def one_file(**fields: Any) -> dict[str, Any]:
    return body(files={"data": {"filename": "data", "content": "", "truncated": False, **fields}})


def fetched(github: GitHub, *args: Any) -> Gist:
    gist = github.gists.fetch(*args)
    assert gist is not None
    return gist
