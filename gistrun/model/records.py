"""The one codec for values that are stored or sent: it converts a frozen dataclass to JSON and back.

A record may be read by a newer or an older process than the one that wrote it. So a field that is missing in the record
gets the dataclass' default, and a field that the dataclass does not have is ignored.
"""

from __future__ import annotations

import base64
import hashlib
import json
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")
#: Converts a JSON value of a record into the value of a field.
_Read = Callable[[Any], Any]


def to_record(value: Any) -> Any:
    """The value in a form for `json.dumps`: dataclasses as objects, bytes in base64, times as ISO 8601."""
    if is_dataclass(value):
        return {name: to_record(getattr(value, name)) for name in _names(cast(Any, type(value)))}
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, tuple):
        return [to_record(item) for item in value]
    return value


def from_record(kind: type[T], record: Mapping[str, Any]) -> T:
    """The value of that dataclass from which `to_record` made the record.

    Raises:
        KeyError: the record lacks a field that has no default, so it is not a record of this kind.
    """
    values = {}
    for field, read in _readers(cast(Any, kind)):
        if field.name in record:
            values[field.name] = read(record[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(field.name)
    return kind(**values)


def digest(value: Any) -> str:
    """The digest of a JSON value, as 40 hexadecimal digits. Equal values have equal digests."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:40]


def timestamp(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, as the API writes times."""
    if moment is None:
        return None
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


@cache
def _names(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _readers(kind: Any) -> tuple[tuple[Field[Any], _Read], ...]:
    hints = get_type_hints(kind)
    return tuple((field, _reader(hints[field.name])) for field in fields(kind))


def _reader(hint: Any) -> _Read:
    """The function that reads a field of that type."""
    arguments = get_args(hint)
    if get_origin(hint) in (Union, types.UnionType):
        read = _reader(next(part for part in arguments if part is not types.NoneType))
        return lambda value: None if value is None else read(value)
    if get_origin(hint) is tuple:
        item = _reader(arguments[0])
        return lambda value: tuple(map(item, value))
    if is_dataclass(hint):
        return lambda value: from_record(cast(Any, hint), value)
    if hint is bytes:
        return base64.b64decode
    if hint is datetime:
        return datetime.fromisoformat
    if issubclass(hint, Enum):
        return cast(_Read, hint)
    return lambda value: value
