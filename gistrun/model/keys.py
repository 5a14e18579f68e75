"""The two digests that decide which kept result is shown. A change of any field changes the digest."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from gistrun.model.program import Limits, Program, Request
from gistrun.model.records import digest, to_record


def request_key(gist: str, revision: str, request: Request) -> str:
    """The digest of one request for one revision, with any toolchain. Equal requests share a run that is under way."""
    return digest([gist, revision, to_record(request)])


def identity(program: Program, image: str, limits: Limits) -> str:
    """The digest of everything that decides how a program ends: files, entry file, input, image, packages and limits.

    Args:
        program: its `lock` is that of the packages with which it ended.
        image: the digest of its language's image.

    A fork with the same files has the same identity, and so has a gist whose description was edited. A new toolchain
    changes the identity. So does a network: the result of a run that could download something is never shown for a run
    that could not.
    """
    files = sorted((file.name, hashlib.sha256(file.content).hexdigest()) for file in program.files)
    own = to_record(replace(program, files=(), lock=None))
    return digest([files, own, program.lock.digest if program.lock else None, image, to_record(limits)])
