"""`gist.toml`: what a gist may say about how it is run, where the conventions do not serve. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gistrun.errors import NothingToRun
from gistrun.model import Gist

NAME = "gist.toml"
#: Bytes. Nobody needs more, and the parser takes seconds for some texts of 60 KB.
_MOST = 4 * 1024


@dataclass(frozen=True, slots=True)
class GistToml:
    """What a gist says of itself; None or empty for what it leaves to the conventions."""

    file: str | None = None
    language: str | None = None
    version: str | None = None
    args: tuple[str, ...] = ()
    stdin: str | None = None
    stdin_file: str | None = None
    timeout: float | None = None
    packages: tuple[str, ...] = ()
    expected: str | None = None


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


_KEYS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "file": (_is_text, "the name of a file"),
    "language": (
        lambda value: _is_text(value) and bool(re.fullmatch(r"[^@]+(@[^@]+)?", value)),
        'a language\'s name, or name@version such as "python@3.13"',
    ),
    "args": (lambda value: _is_list(value) and "\0" not in "".join(value), "a list of texts without NUL characters"),
    "stdin": (_is_text, "a text"),
    "stdin_file": (_is_text, "the name of a file"),
    "timeout": (lambda value: type(value) in (int, float) and 0 < value < 1e6, "a number of seconds above 0"),
    "packages": (_is_list, "a list of texts"),
    "expected": (_is_text, "the name of a file"),
}


def read(gist: Gist) -> GistToml:
    """What the gist's `gist.toml` says; nothing if it has none.

    Raises:
        NothingToRun: it is not TOML, has an unknown key or a value that is not allowed, or names a file that is not
            there.
    """
    found = gist.file(NAME)
    if found is None:
        return GistToml()
    if found.size > _MOST:
        raise NothingToRun(f"{NAME} may hold {_MOST:,} bytes; this one holds {found.size:,}.")
    try:
        table = tomllib.loads(found.content.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:  # all that is no UTF-8 or no TOML is a ValueError
        raise NothingToRun(f"{NAME} cannot be read: {error}.") from None
    for key, value in table.items():
        if key not in _KEYS:
            raise NothingToRun(f"{NAME} has an unknown key {key[:60]!r}; known are {', '.join(_KEYS)}.")
        fits, allowed = _KEYS[key]
        if not fits(value):
            raise NothingToRun(f"{NAME}: {key!r} must be {allowed}.")
    for key in ("file", "stdin_file", "expected"):
        if key in table and gist.file(table[key]) is None:
            raise NothingToRun(f"{NAME}: {key!r} names {table[key][:60]!r}, but the gist has no such file.")
    if "stdin" in table and "stdin_file" in table:
        raise NothingToRun(f"{NAME} has both 'stdin' and 'stdin_file'; it may have one of them.")
    language, _, version = table.pop("language", "").partition("@")
    values: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return GistToml(language=language or None, version=version or None, **values)
