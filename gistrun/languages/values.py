"""What single values of a `language.toml` may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: Characters of a value that a message shows.
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a `language.toml`."""

    #: What is allowed, as the end of "it must be …".
    allowed: str
    fits: Callable[[Any], bool]
    #: A version may have its own value.
    versioned: bool = False
    #: A version with its own value has an image of its own.
    of_image: bool = False


def shown(value: Any) -> str:
    """A value as a message shows it: not all of a long one."""
    try:
        text = repr(value)
    except RecursionError:
        return "too deep"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def is_text(value: Any) -> bool:
    """One line of text, of printable characters only."""
    return isinstance(value, str) and bool(value.strip()) and value.isprintable()


def groups(value: Any) -> int | None:
    """How many groups a pattern has; None if it is none."""
    try:
        return re.compile(value).groups
    except (TypeError, OverflowError, RecursionError, re.error):
        return None


def is_sign(value: Any, allowed: Iterable[int] | None = None) -> bool:
    """A pattern with so many groups (any number for None) that does not hold of every text."""
    count = groups(value)
    return count is not None and (allowed is None or count in allowed) and not re.search(value, "", re.MULTILINE)


def is_name(value: Any) -> bool:
    """The name of a file or of a version: no folder, no odd character."""
    return isinstance(value, str) and bool(re.fullmatch(r"\w[\w.-]{0,63}", value, re.ASCII))


def is_command(value: Any) -> bool:
    """An argument list."""
    return is_arguments(value) and bool(value)


def is_arguments(value: Any) -> bool:
    """An argument list that may have nothing in it, for what is not there."""
    return isinstance(value, list) and all(isinstance(each, str) and each and "\0" not in each for each in value)


def is_list(value: Any, pattern: str = r"[^\x00-\x1f]+") -> bool:
    """A list of texts that the pattern matches, none of them twice."""
    return (
        isinstance(value, list)
        and all(isinstance(each, str) and re.fullmatch(pattern, each) for each in value)
        and len(set(value)) == len(value)
    )


def is_table(value: Any) -> bool:
    """A table of texts, whose names a shell could have as variables."""
    return isinstance(value, dict) and all(
        re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) and isinstance(text, str) and "\0" not in text
        for name, text in value.items()
    )


def is_limits(value: Any) -> bool:
    """A table of numbers, those of bytes and processes whole, and none below what a sandbox can be made with."""
    return isinstance(value, dict) and all(
        type(number) in ((int,) if name.endswith(("_bytes", "pids")) else (int, float))
        and _least(name) <= number < float("inf")
        for name, number in value.items()
    )


def _least(name: str) -> float:
    """As `GISTRUN_MEMORY`, `GISTRUN_PIDS` and the others have it."""
    least = {"memory_bytes": 16 * 2**20, "compile_memory_bytes": 16 * 2**20, "disk_bytes": 2**20, "output_bytes": 1024}
    return least.get(name, 8 if name.endswith("pids") else 0.1)
