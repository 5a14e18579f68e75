"""GitHub's JSON as it comes: fields may be null, missing, longer or other than described. No request is made here.

The forms are those of https://docs.github.com/rest/gists/gists and of what was recorded since 2013.
"""

from __future__ import annotations

import base64
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from gistrun.errors import BadInput
from gistrun.model import ChangedGist, OwnersGist, Revision

#: What a Linux file system takes as a name.
NAME_BYTES = 255
#: Entries of a gist's history that are kept.
_HISTORY = 100
#: Names of files, and languages, that are kept of a gist in a list.
_NAMES = 10
_REVISION = re.compile(r"[0-9a-f]{40,64}")


class Unexpected(Exception):
    """GitHub's answer does not have the form that GitHub documents; the text says what is wrong with "it"."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file as the body of a gist lists it."""

    name: str
    language: str | None
    #: Bytes, or None where GitHub gives no size.
    size: int | None
    #: The whole content, or None where it is cut off, blank or damaged and must be fetched.
    content: bytes | None
    raw_url: str | None


@dataclass(frozen=True, slots=True)
class ListedGist:
    """The body of a gist."""

    files: tuple[ListedFile, ...]
    #: False where GitHub lists only a part of the files.
    complete: bool
    revision: str | None
    owner: str | None
    description: str | None
    public: bool
    html_url: str | None
    git_pull_url: str | None
    updated_at: str | None
    history: tuple[Revision, ...] = ()


def parse_gist(body: bytes) -> ListedGist:
    """The gist in an answer.

    Raises:
        Unexpected: it is not a gist. BadInput: a file has a name that no sandbox can hold.
    """
    gist = _json(body)
    if not isinstance(gist, dict):
        raise Unexpected("it is not a gist")
    listed = gist.get("files")
    if not isinstance(listed, dict):
        raise Unexpected("it lists no files")
    history = gist.get("history")
    return ListedGist(
        files=tuple(_file(name, entry) for name, entry in listed.items() if entry is not None),
        complete=gist.get("truncated") is not True,
        revision=_newest(history) if history else None,
        owner=_login(gist.get("owner")) or _login(gist.get("user")),  # before 2013 it was the user
        description=_text_or_none(gist.get("description")),
        public=gist.get("public") is True,
        html_url=_web_address(gist.get("html_url")),
        git_pull_url=_web_address(gist.get("git_pull_url")),
        updated_at=_text_or_none(gist.get("updated_at")),
        history=_history(history),
    )


def parse_newest_commit(body: bytes) -> str:
    """The revision in a list of commits.

    Raises:
        Unexpected
    """
    return _newest(_json(body))


def parse_changed(body: bytes) -> list[ChangedGist]:
    """The gists in a list; an entry without a readable id or time is left out.

    Raises:
        Unexpected: it is not a list.
    """
    listed = _json(body)
    if not isinstance(listed, list):
        raise Unexpected("it is not a list of gists")
    return [gist for entry in listed if isinstance(entry, dict) and (gist := _changed(entry))]


def _changed(entry: Mapping[str, Any]) -> ChangedGist | None:
    gist_id, updated_at = entry.get("id"), entry.get("updated_at")
    if not isinstance(gist_id, str) or not re.fullmatch(r"[0-9a-fA-F]{1,40}", gist_id):
        return None
    try:
        moment = datetime.fromisoformat(updated_at)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return ChangedGist(gist_id, moment if moment.tzinfo else moment.replace(tzinfo=UTC), entry.get("public") is True)


def parse_listed(body: bytes) -> tuple[OwnersGist, ...]:
    """The public gists in a list, with the names of their files; an entry without a readable id or time is left out.

    Raises:
        Unexpected: it is not a list.
    """
    listed = _json(body)
    if not isinstance(listed, list):
        raise Unexpected("it is not a list of gists")
    return tuple(gist for entry in listed if isinstance(entry, dict) and (gist := _owners_gist(entry)))


def _owners_gist(entry: Mapping[str, Any]) -> OwnersGist | None:
    changed, files = _changed(entry), entry.get("files")
    if changed is None or not changed.public:
        return None
    named = files if isinstance(files, dict) else {}
    words = [each.get("language") for each in named.values() if isinstance(each, dict)]
    languages = dict.fromkeys(word for word in words if isinstance(word, str))
    description = _text_or_none(entry.get("description"))
    return OwnersGist(changed.id, changed.updated_at, description, tuple(named)[:_NAMES], tuple(languages)[:_NAMES])


def _history(entries: Any) -> tuple[Revision, ...]:
    """The entries that can be read, the newest first."""
    found = []
    for entry in entries[:_HISTORY] if isinstance(entries, list) else []:
        version = entry.get("version") if isinstance(entry, dict) else None
        if not isinstance(version, str) or not _REVISION.fullmatch(version):
            continue
        changed = entry.get("change_status")
        lines = changed if isinstance(changed, dict) else {}
        additions, deletions = (_count(lines.get(name)) for name in ("additions", "deletions"))
        user, at = _login(entry.get("user")), _text_or_none(entry.get("committed_at"))
        found.append(Revision(version, user, at and at[:40], additions, deletions))
    return tuple(found)


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value < 10**9 else None


def _newest(history: Any) -> str:
    newest = history[0] if isinstance(history, list) and history else None
    version = newest.get("version") if isinstance(newest, dict) else None
    if not isinstance(version, str) or not _REVISION.fullmatch(version):
        raise Unexpected("it names no revision")
    return version


def _file(name: str, entry: Any) -> ListedFile:
    check_name(name)
    if not isinstance(entry, dict):
        raise Unexpected("a file is not described as one")
    size, raw_url = entry.get("size"), entry.get("raw_url")
    size = size if isinstance(size, int) and size >= 0 else None
    return ListedFile(
        name=name,
        language=_text_or_none(entry.get("language")),
        size=size,
        content=_content(entry, size),
        raw_url=raw_url if isinstance(raw_url, str) else None,
    )


def _content(entry: Mapping[str, Any], size: int | None) -> bytes | None:
    content = entry.get("content")
    # Each file on its own: one large file can leave the others blank and marked `truncated`.
    if entry.get("truncated") or not isinstance(content, str):
        return None
    if entry.get("encoding") == "base64":
        try:
            data = base64.b64decode(content)
        except ValueError:
            raise Unexpected("a file is not the base64 it claims to be") from None
        return data if data or not size else None
    data = _text(content).encode()
    if not data and size:
        return None  # blank without being marked
    # Bytes that are not UTF-8 were replaced by U+FFFD on the way into JSON; the raw file still has them.
    if "\ufffd" in content and size not in (None, len(data)):
        return None
    return data


def check_name(name: str) -> None:
    """Raises BadInput for a name that no file in one flat folder can have, or that a terminal would obey.

    Line ends and tabs are odd, but GitHub takes them.
    """
    reason = None
    if name in ("", ".", ".."):
        reason = "that names no file"
    elif "/" in name:
        reason = "it contains a slash"
    elif any(unicodedata.category(character) in ("Cc", "Cs") and character not in "\t\n\r" for character in name):
        reason = "it contains a control character"
    elif len(name.encode()) > NAME_BYTES:
        reason = f"it is longer than {NAME_BYTES} bytes"
    if reason:
        raise BadInput(f"This gist names a file {shown(name)}, and {reason}. Rename it to have the gist run.")


def shown(text: str) -> str:
    """Foreign text for use in our own sentence: one line, quoted, escaped, not too long."""
    return ascii(text if len(text) <= 80 else f"{text[:80]}…")


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise Unexpected("it is not JSON") from None


def _text(text: str) -> str:
    """JSON can spell half a character ("\\ud800"), which cannot be written anywhere afterwards."""
    return re.sub("[\ud800-\udfff]", "\ufffd", text)


def _text_or_none(value: Any) -> str | None:
    return _text(value) if isinstance(value, str) else None


def _web_address(value: Any) -> str | None:
    """An address with a scheme of the web, since it becomes a link on a page; else None."""
    text = _text_or_none(value)
    return text if text and re.match(r"https?://", text) else None


def _login(user: Any) -> str | None:
    return _text_or_none(user.get("login")) if isinstance(user, dict) else None
