"""Gists as they are stored, and back. What cannot be read counts as not stored."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gistrun.model import Gist, from_record, to_record


@dataclass(frozen=True, slots=True)
class Latest:
    """What is known of a gist's latest revision, without its files."""

    revision: str
    etag: str | None
    checked_at: datetime
    #: When GitHub was asked for this very gist. A list of its owner's gists may have confirmed the gist later.
    asked_at: datetime
    #: GitHub's text, as it came.
    updated_at: str | None
    owner: str | None
    public: bool
    edition: str
    trouble: str | None = None

    @property
    def changed_at(self) -> datetime | None:
        """`updated_at` as a time; None where GitHub gave none that can be read."""
        try:
            return datetime.fromisoformat(self.updated_at or "")
        except ValueError:
            return None


def read_gist(raw: Any) -> Gist | None:
    """The gist in a stored record; None where there is none that can be read, so that GitHub is asked again."""
    if not raw:
        return None
    end = raw.find(b"\n")
    head = json.loads(raw[:end] if end >= 0 else raw)
    try:
        gist = from_record(Gist, head)
    except KeyError:
        return None
    if end < 0:
        return gist  # an earlier version wrote it, with the contents in the JSON
    files, at = [], end + 1
    for file, size in zip(gist.files, head["sizes"], strict=True):
        files.append(replace(file, content=raw[at : at + size]))
        at += size
    return replace(gist, files=tuple(files))


def gist_record(gist: Gist) -> bytes:
    """A line of JSON, then the contents of the files as they are: a base64 of 10 MB costs more than all of Redis."""
    head = to_record(replace(gist, files=tuple(replace(file, content=b"") for file in gist.files)))
    head["sizes"] = [file.size for file in gist.files]
    return b"".join([json.dumps(head).encode(), b"\n", *(file.content for file in gist.files)])


def read_latest(raw: Any) -> Latest | None:
    """The latest revision in a stored record; None where there is none that can be read."""
    try:
        return from_record(Latest, json.loads(raw)) if raw else None
    except KeyError:  # an earlier version wrote it
        return None
