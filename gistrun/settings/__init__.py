"""Settings from the environment; the only reader of it.

The fields of `Settings` and the rows of `LIMITS` are the table: each names its variable, its parser, what is allowed
and its default, once. `Settings.load()` gives every setting checked and in plain units.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gistrun.errors import SetupError
from gistrun.model import Limits, Network, Packages
from gistrun.settings import parse

GITHUB_API = "https://api.github.com"
GITHUB_RAW_HOST = "gist.githubusercontent.com"
GITHUB_GIT_HOST = "gist.github.com"
#: Waiting sandboxes may use this part of the machine's memory.
_WARM_PART = 8
#: Our own Redis may use this part of it, and no more than this many bytes.
_REDIS_PART, _REDIS_MOST = 4, 2 * 2**30

_SIZE = "a size of at least {}"


@dataclass(frozen=True, slots=True)
class Row:
    """One environment variable."""

    variable: str
    parse: Callable[[str], Any]
    #: What is allowed, as the end of "X is 'y', but must be …".
    allowed: str
    #: A secret is never shown in a message.
    secret: bool = False

    def read(self, environ: Mapping[str, str]) -> Any:
        """The value, or None where the variable is unset or empty.

        Raises:
            SetupError: the value is not allowed.
        """
        value = environ.get(self.variable, "").strip()
        if not value:
            return None
        try:
            return self.parse(value)
        except ValueError:
            # Neither a secret nor a password in an address is shown.
            shown = "not shown here" if self.secret or "@" in value else repr(value)
            raise SetupError(f"{self.variable} is {shown}, but must be {self.allowed}.") from None


@dataclass(frozen=True, slots=True)
class Rate:
    """So many new runs in so many seconds."""

    count: int
    seconds: int


def _rate(value: str) -> Rate:
    return Rate(*parse.count_and_seconds(value))


def _secret(variable: str) -> Any:
    return field(default=None, metadata={"row": Row(variable, parse.text, "printable", secret=True)})


def _setting(variable: str, parser: Callable[[str], Any], allowed: str, default: Any) -> Any:
    return field(default=default, metadata={"row": Row(variable, parser, allowed)})


def _found(variable: str, parser: Callable[[str], Any], allowed: str, default: Callable[[], Any]) -> Any:
    """A setting whose default is found out on this machine."""
    return field(default_factory=default, metadata={"row": Row(variable, parser, allowed)})


def _warm_memory() -> int:
    return _memory() // _WARM_PART


def _redis_memory() -> int:
    return min(_memory() // _REDIS_PART, _REDIS_MOST)


def _memory() -> int:
    """Bytes of memory of this machine."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


#: The limits of a run, by the fields of `Limits`, which hold the defaults.
LIMITS = {
    "timeout_s": Row("GISTRUN_TIMEOUT", parse.between(0.1, 3600.0, float), "seconds from 0.1 to 3600"),
    "memory_bytes": Row("GISTRUN_MEMORY", parse.size(16 * 2**20), _SIZE.format("16m, such as 256m")),
    "cpus": Row("GISTRUN_CPUS", parse.between(0.1, 64.0, float), "a number from 0.1 to 64"),
    "pids": Row("GISTRUN_PIDS", parse.between(8, 4096, int), "a whole number from 8 to 4096"),
    "disk_bytes": Row("GISTRUN_DISK", parse.size(2**20), _SIZE.format("1m, such as 64m")),
    "output_bytes": Row("GISTRUN_OUTPUT", parse.size(1024), _SIZE.format("1k, such as 1m")),
    "compile_memory_bytes": Row("GISTRUN_COMPILE_MEMORY", parse.size(16 * 2**20), _SIZE.format("16m, such as 1g")),
    "network": Row("GISTRUN_NETWORK", Network, "none or egress"),
}


#: The tools' own variables. They are passed on to those who install packages, and their hosts may be reached.
REGISTRIES = (
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "npm_config_registry",
    "GOPROXY",
    "GOSUMDB",
)


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with its default. Sizes are bytes, times seconds."""

    data: Path = field(metadata={"row": Row("GISTRUN_DATA", parse.folder, "an absolute path")})
    host: str = _setting("HOST", parse.text, "an address", "127.0.0.1")
    port: int = _setting("PORT", parse.between(1, 65535, int), "a port from 1 to 65535", 8000)
    redis_url: str = _setting("REDIS_URL", parse.redis_url, "redis://, rediss://, unix:// or redis+sentinel://…", "")
    #: True where Redis is our own, started with the service.
    owns_redis: bool = True
    github_api_url: str = _setting(
        "GITHUB_API_URL", parse.web_url, "an http:// or https:// address without a query", GITHUB_API
    )
    github_token: str | None = _secret("GITHUB_TOKEN")
    github_raw_hosts: frozenset[str] = _setting(
        "GITHUB_RAW_HOSTS", parse.hosts, "host names separated by commas", frozenset()
    )
    #: The most that the files of one gist may hold together.
    gist_size: int = _setting("GISTRUN_GIST_SIZE", parse.size(1024), _SIZE.format("1k, such as 20m"), 20 * 2**20)
    github_webhook_secret: str | None = _secret("GITHUB_WEBHOOK_SECRET")
    #: The previous secret, accepted during rotation.
    github_webhook_secret_previous: str | None = _secret("GITHUB_WEBHOOK_SECRET_PREVIOUS")
    #: None: every folder of images/.
    languages: tuple[str, ...] | None = _setting(
        "GISTRUN_LANGUAGES",
        parse.names,
        "names of languages or groups separated by commas, such as python,bash or common",
        None,
    )
    #: None: the engine's default.
    runtime: str | None = _setting(
        "GISTRUN_RUNTIME", parse.word, "the name of an OCI runtime, such as runc or runsc", None
    )
    limits: Limits = field(default_factory=Limits)
    #: The resolvers that sandboxes with a network ask.
    network_dns: tuple[str, ...] = _setting(
        "GISTRUN_NETWORK_DNS",
        parse.addresses,
        "IPv4 addresses separated by commas, such as 9.9.9.9",
        ("1.1.1.1", "9.9.9.9"),
    )
    workers: int = _found(
        "GISTRUN_WORKERS", parse.between(1, 256, int), "a whole number from 1 to 256", lambda: os.cpu_count() or 1
    )
    warm: int = _setting("GISTRUN_WARM", parse.between(0, 64, int), "a whole number from 0 to 64", 2)
    #: For all waiting sandboxes together.
    warm_memory: int = _found("GISTRUN_WARM_MEMORY", parse.size(2**20), _SIZE.format("1m, such as 512m"), _warm_memory)
    #: What our own Redis may hold; beyond it the oldest results go, never the queue.
    redis_memory: int = _found(
        "GISTRUN_REDIS_MEMORY", parse.size(16 * 2**20), _SIZE.format("16m, such as 512m"), _redis_memory
    )
    #: What the kept results of one owner's gists may hold together.
    keep: int = _setting("GISTRUN_KEEP", parse.size(2**20), _SIZE.format("1m, such as 256m"), 256 * 2**20)
    #: Which packages that a gist needs are installed.
    packages: Packages = _setting("GISTRUN_PACKAGES", Packages, "on, declared or off", Packages.ON)
    #: What all prepared environments together may take.
    packages_disk: int = _setting(
        "GISTRUN_PACKAGES_DISK", parse.size(100 * 2**20), _SIZE.format("100m, such as 10g"), 10 * 2**30
    )
    #: Host and path of the registry of images by which hosts share environments; None: each makes its own.
    registry: str | None = _setting(
        "GISTRUN_REGISTRY",
        parse.image_path,
        "a registry's host and a path in small letters, such as registry.example.com:5000/gistrun",
        None,
    )
    #: Variables of the tools that install packages, by which a deployment names registries of its own.
    registries: tuple[tuple[str, str], ...] = ()
    #: The proxy through which this machine reaches the registries, or None.
    proxy: str | None = _setting("HTTPS_PROXY", parse.web_url, "an http:// address", None)
    rate: Rate = _setting(
        "GISTRUN_RATE", _rate, "a count per second, minute, hour or day, such as 60/minute", Rate(60, 60)
    )
    #: Event streams that one visitor may hold open.
    streams: int = _setting("GISTRUN_STREAMS", parse.between(1, 100_000, int), "a whole number from 1 to 100000", 50)
    #: Proxies whose X-Forwarded-For, -Proto and -Host are believed.
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = _setting(
        "GISTRUN_TRUSTED_PROXIES",
        parse.networks,
        "addresses and networks separated by commas, such as 10.0.0.0/8,::1",
        parse.networks("127.0.0.0/8,::1"),
    )
    check_interval: int = _setting(
        "GISTRUN_CHECK_INTERVAL", parse.between(1, 86400, int), "seconds from 1 to 86400", 60
    )
    _secret_key: str | None = _secret("SECRET_KEY")

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read the settings.

        Raises:
            SetupError: with a sentence that names the variable, its value and what is allowed.
        """
        environ = os.environ if environ is None else environ
        values = {name: value for name, row in _rows() if (value := row.read(environ)) is not None}
        limits = {name: value for name, row in LIMITS.items() if (value := row.read(environ)) is not None}
        data = values.setdefault("data", _default_data(environ))
        owns_redis = "redis_url" not in values
        values["registries"] = tuple((name, environ[name]) for name in REGISTRIES if environ.get(name))
        values.setdefault("redis_url", f"unix://{data}/redis.sock")
        return cls(limits=replace(Limits(), **limits), owns_redis=owns_redis, **values)

    @property
    def raw_hosts(self) -> frozenset[str]:
        """The hosts that raw files may be fetched from, each with its port where that is not the scheme's own."""
        return self.github_raw_hosts | {urlsplit(self.github_api_url).netloc, GITHUB_RAW_HOST}

    @property
    def upstream(self) -> tuple[str, int] | None:
        """Host and port of the proxy through which this machine reaches the registries, or None."""
        parts = urlsplit(self.proxy or "")
        return (parts.hostname, parts.port or 80) if parts.hostname else None

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that a delivery may be signed with; none without `GITHUB_WEBHOOK_SECRET`."""
        if not self.github_webhook_secret:
            return ()
        return tuple(secret for secret in (self.github_webhook_secret, self.github_webhook_secret_previous) if secret)

    def secret_key(self) -> str:
        """`SECRET_KEY`, or else a random key, made once and kept in the data folder, readable by its owner only."""
        if self._secret_key:
            return self._secret_key
        path = self.data / "secret_key"
        if not path.exists():
            self.data.mkdir(parents=True, exist_ok=True)
            # Written to another file and linked: of several processes that start at once all read the same whole key.
            with tempfile.NamedTemporaryFile("w", dir=self.data, prefix="secret_key.") as file:
                file.write(secrets.token_hex(32))
                file.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return path.read_text().strip()


def variables() -> set[str]:
    """The names of all variables that are read."""
    return {row.variable for _, row in _rows()} | {row.variable for row in LIMITS.values()}


def _rows() -> Iterator[tuple[str, Row]]:
    for known in fields(Settings):
        if row := known.metadata.get("row"):
            yield known.name, row


def _default_data(environ: Mapping[str, str]) -> Path:
    if os.geteuid() == 0 and not environ.get("XDG_DATA_HOME"):
        return Path("/var/lib/gistrun")
    home = environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(home) / "gistrun"
