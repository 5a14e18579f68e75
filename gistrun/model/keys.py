"""The two digests that decide which kept result is shown. Every field of what they name changes them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from gistrun.model.records import to_record

if TYPE_CHECKING:
    from gistrun.model.run import Limits, Program, Request


def request_key(gist: str, revision: str, request: Request) -> str:
    """Names one request for one revision, whatever the toolchain. Equal requests share a run while it is under way."""
    return digest([gist, revision, to_record(request)])


def identity(program: Program, image: str, limits: Limits) -> str:
    """Names everything that decides how a program ends: files, entry file, input, image and limits.

    An unchanged fork and an edited description have the same identity. A new toolchain has another one, and so has a
    run with a network: what it downloaded never becomes the kept end of a run without a network.
    """
    files = sorted((file.name, hashlib.sha256(file.content).hexdigest()) for file in program.files)
    return digest([files, to_record(replace(program, files=())), image, to_record(limits)])


def digest(value: Any) -> str:
    """40 hexadecimal digits that name a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:40]
