"""How the text of a variable becomes a value. Each parser raises ValueError for a text that it does not allow."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


def text(value: str) -> str:
    """Any printable text."""
    if not value.isprintable():
        raise ValueError(value)
    return value


def word(value: str) -> str:
    """Letters, digits, dots, dashes and underscores."""
    if not re.fullmatch(r"[A-Za-z0-9._-]+", value):
        raise ValueError(value)
    return value


def folder(value: str) -> Path:
    """An absolute path."""
    path = Path(value)
    if not path.is_absolute():
        raise ValueError(value)
    return path


def between(low: Any, high: Any, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    """A number from `low` to `high`."""

    def parse(value: str) -> Any:
        number = kind(value)
        if not low <= number <= high:
            raise ValueError(value)
        return number

    return parse


def size(least: int) -> Callable[[str], int]:
    """Bytes, written as Docker writes a size: digits and b, k, m or g, powers of 1024."""

    def parse(value: str) -> int:
        match = re.fullmatch(r"(\d+)([bkmg]?)", value.lower())
        if not match:
            raise ValueError(value)
        count = int(match[1]) * {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}[match[2]]
        if count < least:
            raise ValueError(value)
        return count

    return parse


def count_and_seconds(value: str) -> tuple[int, int]:
    """A rate, such as 60/minute: (60, 60)."""
    match = re.fullmatch(r"([1-9]\d*)\s*/\s*(second|minute|hour|day)", value.lower())
    if not match:
        raise ValueError(value)
    return int(match[1]), {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[match[2]]


def redis_url(value: str) -> str:
    """The address of a Redis server."""
    if urlsplit(value).scheme not in ("redis", "rediss", "unix", "redis+sentinel"):
        raise ValueError(value)
    return value


def web_url(value: str) -> str:
    """An address of the web, without a slash at its end."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(value)
    return value.rstrip("/")


def image_path(value: str) -> str:
    """Where a registry has images: its host, with a dot or a port or localhost, and a path of its own."""
    host = r"(?:localhost(?::\d{1,5})?|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d{1,5})?|[a-z0-9-]+:\d{1,5})"
    if len(value) > 200 or not re.fullmatch(rf"{host}(?:/[a-z0-9]+(?:[._-][a-z0-9]+)*)+", value):
        raise ValueError(value)
    return value


def hosts(value: str) -> frozenset[str]:
    """Hosts, each with its port where that is not the scheme's own."""
    return frozenset(_split(value, r"[A-Za-z0-9.-]+(:\d+)?"))


def names(value: str) -> tuple[str, ...]:
    """Names of languages."""
    return tuple(_split(value, r"[a-z][a-z0-9]*"))


def addresses(value: str) -> tuple[str, ...]:
    """IPv4 addresses."""
    return tuple(str(ipaddress.IPv4Address(part)) for part in _split(value, r"[0-9.]+"))


def networks(value: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Addresses and networks of IPv4 and IPv6."""
    return tuple(ipaddress.ip_network(part) for part in _split(value, r"[0-9A-Fa-f.:]+(/[0-9]{1,3})?"))


def _split(value: str, form: str) -> list[str]:
    parts = [part.strip() for part in value.split(",") if part.strip()]
    if not parts or not all(re.fullmatch(form, part) for part in parts):
        raise ValueError(value)
    return parts
