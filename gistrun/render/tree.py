"""JSON as a tree that folds. Numbers and repeated keys stay as they are written. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from typing import Any

from gistrun.render.notshown import NotShown

#: Characters of a text that is read. Values, levels, values of one list, and characters of one value that are shown.
_LONGEST = 512 * 1024
_VALUES, _LEVELS, _ITEMS, _VALUE = 5_000, 40, 200, 2_000
#: Values that begin open: those of the first levels, while there are few.
_OPEN_LEVELS, _OPEN_VALUES = 2, 100


@dataclass(frozen=True, slots=True)
class _Number:
    text: str


@dataclass(frozen=True, slots=True)
class _Object:
    pairs: list[tuple[str, Any]]


def tree(text: str) -> str:
    """HTML of nested `details`, without an attribute from the text.

    Raises:
        NotShown: it is no JSON, or more than is shown.
    """
    if len(text) > _LONGEST:
        raise NotShown(f"it is longer than {_LONGEST // 1024} KB")
    try:
        value = json.loads(
            text, parse_int=_Number, parse_float=_Number, parse_constant=_Number, object_pairs_hook=_Object
        )
    except json.JSONDecodeError as error:
        raise NotShown(f"line {error.lineno} is not valid JSON") from None
    except RecursionError:
        raise NotShown("its values are too deep inside each other") from None
    parts: list[str] = []
    _Writer(parts).write(None, value, 0)
    return "".join(parts)


class _Writer:
    def __init__(self, parts: list[str]) -> None:
        self._parts = parts
        self._written = 0

    def write(self, key: str | None, value: Any, level: int) -> None:
        """Raises NotShown."""
        self._written += 1
        if self._written > _VALUES:
            raise NotShown(f"it holds more than {_VALUES:,} values")
        if level > _LEVELS:
            raise NotShown("its values are too deep inside each other")
        name = "" if key is None else f'<span class="nt">{_quoted(key)}</span>: '
        inner: list[tuple[str | None, Any]] | None = None
        if isinstance(value, _Object):
            inner, marks, word = list(value.pairs), "{}", "key"
        elif isinstance(value, list):
            inner, marks, word = [(None, each) for each in value], "[]", "item"
        if not inner:
            self._parts.append(f"<li>{name}{marks if inner is not None else _leaf(value)}</li>")
            return
        opened = " open" if level < _OPEN_LEVELS and len(inner) <= _OPEN_VALUES else ""
        many = f"{len(inner):,} {word}{'' if len(inner) == 1 else 's'}"
        summary = f'{name}{marks[0]}<span class="folded"> {many} {marks[1]}</span>'
        self._parts.append(f"<li><details{opened}><summary>{summary}</summary><ul>")
        for below, item in inner[:_ITEMS]:
            self.write(below, item, level + 1)
        if len(inner) > _ITEMS:
            self._parts.append(f"<li>… {len(inner) - _ITEMS:,} more</li>")
        self._parts.append(f"</ul>{marks[1]}</details></li>")


def _leaf(value: Any) -> str:
    if isinstance(value, str):
        return f'<span class="s">{_quoted(value)}</span>'
    if isinstance(value, _Number):
        return f'<span class="m">{escape(_short(value.text))}</span>'
    return f'<span class="kc">{json.dumps(value)}</span>'


def _quoted(text: str) -> str:
    """As JSON writes it, with the characters that it need not escape."""
    return escape(json.dumps(_short(text), ensure_ascii=False), quote=False)


def _short(text: str) -> str:
    shown = text if len(text) <= _VALUE else f"{text[:_VALUE]}…"
    return shown.encode(errors="replace").decode()  # half of a surrogate pair is no character
