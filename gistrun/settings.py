"""Settings from the environment; the only reader of it.

`Settings.load()` gives every setting checked and in plain units, or raises `SetupError` with a sentence naming the
variable, its value and what is allowed.
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gistrun.errors import SetupError
from gistrun.model import Limits, Network

GITHUB_API = "https://api.github.com"
GITHUB_RAW_HOST = "gist.githubusercontent.com"
GITHUB_GIT_HOST = "gist.github.com"
_PUBLIC_DNS = ("1.1.1.1", "9.9.9.9")


@dataclass(frozen=True, slots=True)
class Rate:
    """So many new runs in so many seconds."""

    count: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with its default. Sizes are bytes, times seconds."""

    data: Path
    host: str = "127.0.0.1"
    port: int = 8000
    redis_url: str = ""
    #: True where Redis is our own, started with the service.
    owns_redis: bool = True
    github_api_url: str = GITHUB_API
    github_token: str | None = None
    github_raw_hosts: frozenset[str] = frozenset()
    #: The most that the files of one gist may hold together.
    gist_size: int = 20 * 2**20
    github_webhook_secret: str | None = None
    #: None: every folder of images/.
    languages: tuple[str, ...] | None = None
    #: None: the engine's default.
    runtime: str | None = None
    limits: Limits = field(default_factory=Limits)
    #: Whom sandboxes with a network ask for addresses.
    network_dns: tuple[str, ...] = _PUBLIC_DNS
    workers: int = 1
    warm: int = 2
    rate: Rate = Rate(60, 60)
    check_interval: int = 60
    _secret_key: str | None = None

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises:
            SetupError: a value is not of the allowed form.
        """
        read = _Reader(os.environ if environ is None else environ)
        data = read("GISTRUN_DATA", _folder, "an absolute path", _default_data(read.environ))
        own_redis = f"unix://{data}/redis.sock"
        limits = Limits(
            timeout_s=read("GISTRUN_TIMEOUT", _between(0.1, 3600.0, float), "seconds from 0.1 to 3600", 30.0),
            memory_bytes=read("GISTRUN_MEMORY", _size(16 * 2**20), "a size of at least 16m, such as 256m", 256 * 2**20),
            cpus=read("GISTRUN_CPUS", _between(0.1, 64.0, float), "a number from 0.1 to 64", 1.0),
            pids=read("GISTRUN_PIDS", _between(8, 4096, int), "a whole number from 8 to 4096", 64),
            disk_bytes=read("GISTRUN_DISK", _size(2**20), "a size of at least 1m, such as 64m", 64 * 2**20),
            output_bytes=read("GISTRUN_OUTPUT", _size(1024), "a size of at least 1k, such as 1m", 2**20),
            network=read("GISTRUN_NETWORK", Network, "none or egress", Network.NONE),
        )
        return cls(
            data=data,
            host=read("HOST", _text, "an address", "127.0.0.1"),
            port=read("PORT", _between(1, 65535, int), "a port from 1 to 65535", 8000),
            redis_url=read("REDIS_URL", _redis_url, "redis://, rediss://, unix:// or redis+sentinel://…", own_redis),
            owns_redis=not read.environ.get("REDIS_URL", "").strip(),
            github_api_url=read(
                "GITHUB_API_URL", _web_url, "an http:// or https:// address without a query", GITHUB_API
            ),
            github_token=read("GITHUB_TOKEN", _text, "printable", None),
            github_raw_hosts=read("GITHUB_RAW_HOSTS", _hosts, "host names separated by commas", frozenset()),
            gist_size=read("GISTRUN_GIST_SIZE", _size(1024), "a size of at least 1k, such as 20m", 20 * 2**20),
            github_webhook_secret=read("GITHUB_WEBHOOK_SECRET", _text, "printable", None),
            languages=read(
                "GISTRUN_LANGUAGES", _names, "language names separated by commas, such as python,bash", None
            ),
            runtime=read("GISTRUN_RUNTIME", _word, "the name of an OCI runtime, such as runc or runsc", None),
            limits=limits,
            network_dns=read(
                "GISTRUN_NETWORK_DNS", _addresses, "IPv4 addresses separated by commas, such as 9.9.9.9", _PUBLIC_DNS
            ),
            workers=read("GISTRUN_WORKERS", _between(1, 256, int), "a whole number from 1 to 256", os.cpu_count() or 1),
            warm=read("GISTRUN_WARM", _between(0, 64, int), "a whole number from 0 to 64", 2),
            rate=read(
                "GISTRUN_RATE",
                _rate,
                "a count per second, minute, hour or day, such as 60/minute",
                Rate(60, 60),
            ),
            check_interval=read("GISTRUN_CHECK_INTERVAL", _between(1, 86400, int), "seconds from 1 to 86400", 60),
            _secret_key=read("SECRET_KEY", _text, "printable", None),
        )

    @property
    def raw_hosts(self) -> frozenset[str]:
        """The hosts, with their port where it is not the scheme's own, that raw files may be fetched from."""
        return self.github_raw_hosts | {urlsplit(self.github_api_url).netloc, GITHUB_RAW_HOST}

    def secret_key(self) -> str:
        """`SECRET_KEY`, or one of our own, made once and kept in the data folder, readable by its owner only."""
        if self._secret_key:
            return self._secret_key
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            # Written aside and linked: of several processes that start at once all read one whole key.
            with tempfile.NamedTemporaryFile("w", dir=self.data, prefix="secret_key.") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text().strip()


_SECRETS = {"GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "SECRET_KEY"}


class _Reader:
    """Reads one variable at a time and turns what does not parse into the sentence."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self.environ = environ

    def __call__(self, name: str, parse: Callable[[str], Any], allowed: str, default: Any) -> Any:
        text = self.environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            # A secret is never echoed, nor a password in an address.
            shown = "not shown here" if name in _SECRETS or "@" in text else repr(text)
            raise SetupError(f"{name} is {shown}, but must be {allowed}.") from None


def _default_data(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0 and not environ.get("XDG_DATA_HOME"):
        return Path("/var/lib/gistrun")
    home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "gistrun"


def _text(text: str) -> str:
    if not text.isprintable():
        raise ValueError(text)
    return text


def _word(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9._-]+", text):
        raise ValueError(text)
    return text


def _folder(text: str) -> Path:
    path = Path(text)
    if not path.is_absolute():
        raise ValueError(text)
    return path


def _between(low: Any, high: Any, kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def parse(text: str) -> Any:
        value = kind(text)
        if not low <= value <= high:
            raise ValueError(text)
        return value

    return parse


def _size(least: int) -> Callable[[str], int]:
    """A size as Docker writes it: digits and b, k, m or g, powers of 1024."""

    def parse(text: str) -> int:
        match = re.fullmatch(r"(\d+)([bkmg]?)", text.lower())
        if not match:
            raise ValueError(text)
        size = int(match[1]) * {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}[match[2]]
        if size < least:
            raise ValueError(text)
        return size

    return parse


def _rate(text: str) -> Rate:
    match = re.fullmatch(r"([1-9]\d*)\s*/\s*(second|minute|hour|day)", text.lower())
    if not match:
        raise ValueError(text)
    return Rate(int(match[1]), {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[match[2]])


def _redis_url(text: str) -> str:
    if urlsplit(text).scheme not in ("redis", "rediss", "unix", "redis+sentinel"):
        raise ValueError(text)
    return text


def _web_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.query or parts.fragment:
        raise ValueError(text)
    return text.rstrip("/")


def _hosts(text: str) -> frozenset[str]:
    return frozenset(_split(text, r"[A-Za-z0-9.-]+(:\d+)?"))


def _names(text: str) -> tuple[str, ...]:
    return tuple(_split(text, r"[a-z][a-z0-9]*"))


def _addresses(text: str) -> tuple[str, ...]:
    return tuple(str(ipaddress.IPv4Address(part)) for part in _split(text, r"[0-9.]+"))


def _split(text: str, form: str) -> list[str]:
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not parts or not all(re.fullmatch(form, part) for part in parts):
        raise ValueError(text)
    return parts
