"""Settings: what each variable may be, and the sentence where it is not."""

from __future__ import annotations

import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gistrun.errors import SetupError
from gistrun.model import Limits, Network
from gistrun.settings import Rate, Settings

VARIABLES = [
    "PORT",
    "HOST",
    "REDIS_URL",
    "GITHUB_API_URL",
    "GITHUB_TOKEN",
    "GITHUB_WEBHOOK_SECRET",
    "GITHUB_WEBHOOK_SECRET_PREVIOUS",
    "GITHUB_RAW_HOSTS",
    "SECRET_KEY",
    "GISTRUN_DATA",
    "GISTRUN_GIST_SIZE",
    "GISTRUN_LANGUAGES",
    "GISTRUN_RUNTIME",
    "GISTRUN_TIMEOUT",
    "GISTRUN_MEMORY",
    "GISTRUN_CPUS",
    "GISTRUN_PIDS",
    "GISTRUN_DISK",
    "GISTRUN_OUTPUT",
    "GISTRUN_NETWORK",
    "GISTRUN_NETWORK_DNS",
    "GISTRUN_WORKERS",
    "GISTRUN_WARM",
    "GISTRUN_WARM_MEMORY",
    "GISTRUN_RATE",
    "GISTRUN_CHECK_INTERVAL",
    "GISTRUN_STREAMS",
    "GISTRUN_TRUSTED_PROXIES",
]


def test_without_any_variable_the_defaults_hold() -> None:
    settings = Settings.load({})
    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.github_api_url == "https://api.github.com"
    assert (settings.github_token, settings.github_webhook_secret, settings.languages, settings.runtime) == (None,) * 4
    assert settings.limits == Limits(30.0, 60.0, 256 * 2**20, 1.0, 64, 64 * 2**20, 2**20)
    assert (settings.workers, settings.warm, settings.check_interval) == (os.cpu_count(), 2, 60)
    assert settings.rate == Rate(60, 60)
    assert settings.gist_size == 20 * 2**20


@pytest.mark.parametrize("variable", VARIABLES)
@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_variable_is_an_unset_one(variable: str, empty: str) -> None:
    assert Settings.load({variable: empty}) == Settings.load({})


@pytest.mark.parametrize(
    ("secret", "previous", "accepted"),
    [("new", "old", ("new", "old")), ("new", "", ("new",)), ("", "old", ()), ("", "", ())],
)
def test_deliveries_may_be_signed_with_two_secrets(secret: str, previous: str, accepted: tuple[str, ...]) -> None:
    settings = Settings.load({"GITHUB_WEBHOOK_SECRET": secret, "GITHUB_WEBHOOK_SECRET_PREVIOUS": previous})
    assert settings.webhook_secrets == accepted


def test_redis_is_our_own_on_a_socket_in_the_data_folder_unless_one_is_named() -> None:
    own = Settings.load({"GISTRUN_DATA": "/srv/gistrun"})
    assert (own.redis_url, own.owns_redis) == ("unix:///srv/gistrun/redis.sock", True)
    other = Settings.load({"REDIS_URL": "redis://localhost/1"})
    assert (other.redis_url, other.owns_redis) == ("redis://localhost/1", False)


def test_the_data_folder_follows_xdg() -> None:
    assert Settings.load({"XDG_DATA_HOME": "/home/me/data"}).data == Path("/home/me/data/gistrun")


ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("user", [0, 1000])
@pytest.mark.parametrize(
    "variables",
    [{}, {"XDG_DATA_HOME": ""}, {"XDG_DATA_HOME": "/home/me/data"}, {"GISTRUN_DATA": ""}, {"GISTRUN_DATA": "/srv/g"}],
)
def test_the_scripts_have_the_same_data_folder(
    variables: dict[str, str], user: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both sides believe that they run as this user.
    (tmp_path / "id").write_text(f"#!/bin/sh\necho {user}\n")
    (tmp_path / "id").chmod(0o755)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setenv("HOME", "/home/somebody")
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": "/home/somebody", **variables}
    script = ["bash", "-euc", '. "$0/script/environment" && echo "$data $GISTRUN_DATA"', str(ROOT)]
    printed = subprocess.run(script, env=environment, capture_output=True, text=True, check=True).stdout
    assert printed.split() == [str(Settings.load(variables).data)] * 2


@pytest.mark.parametrize(
    ("variable", "text", "field", "value"),
    [
        ("PORT", "1", "port", 1),
        ("HOST", "::1", "host", "::1"),
        ("GITHUB_API_URL", "https://git.example/api/v3/", "github_api_url", "https://git.example/api/v3"),
        ("GITHUB_RAW_HOSTS", "raw.example, a.b:81", "github_raw_hosts", frozenset({"raw.example", "a.b:81"})),
        ("GISTRUN_LANGUAGES", "python, bash", "languages", ("python", "bash")),
        ("GISTRUN_RUNTIME", "runsc", "runtime", "runsc"),
        (
            "GISTRUN_REGISTRY",
            "registry.example.com:5000/a/gist-run",
            "registry",
            "registry.example.com:5000/a/gist-run",
        ),
        ("GISTRUN_REGISTRY", "localhost/gistrun", "registry", "localhost/gistrun"),
        ("GISTRUN_REGISTRY", "127.0.0.1:5000/gistrun", "registry", "127.0.0.1:5000/gistrun"),
        ("GISTRUN_RATE", "5 / hour", "rate", Rate(5, 3600)),
        ("GISTRUN_WARM", "0", "warm", 0),
        ("GISTRUN_GIST_SIZE", "5m", "gist_size", 5 * 2**20),
        ("GISTRUN_NETWORK", "egress", "limits", Limits(network=Network.EGRESS)),
        ("GISTRUN_NETWORK_DNS", "9.9.9.9, 8.8.8.8", "network_dns", ("9.9.9.9", "8.8.8.8")),
        ("REDIS_URL", "redis+sentinel://a:1,b:2/main", "redis_url", "redis+sentinel://a:1,b:2/main"),
    ],
)
def test_a_value_is_read(variable: str, text: str, field: str, value: Any) -> None:
    assert getattr(Settings.load({variable: text}), field) == value


@pytest.mark.parametrize(
    ("text", "size"), [("1073741824", 2**30), ("1g", 2**30), ("64M", 2**26), ("65536k", 2**26), ("16777216b", 2**24)]
)
def test_sizes_are_written_as_docker_does(text: str, size: int) -> None:
    assert Settings.load({"GISTRUN_MEMORY": text}).limits.memory_bytes == size


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        *(
            ("GISTRUN_REGISTRY", text)
            for text in (
                *("registry.example.com", "registry.example.com/", "gistrun", "library/gistrun", "https://a.b/gistrun"),
                *("a.b/Gistrun", "a.b/../gistrun", "a.b//gistrun", "a.b/gistrun:latest"),
                *("a.b/gist run", "a.b:port/gistrun", "a.b/" + "x" * 200),
            )
        ),
        *(("PORT", text) for text in ("0", "65536", "-1", "http", "8000.5")),
        ("HOST", "a\x00b"),
        *(("REDIS_URL", text) for text in ("localhost", "http://localhost")),
        *(("GITHUB_API_URL", text) for text in ("api.github.com", "ftp://x", "https://", "https://x/?q", "http://[")),
        *(("GITHUB_RAW_HOSTS", text) for text in ("https://x", "a b", ",", "*.x", "a/b")),
        *(("GISTRUN_DATA", text) for text in ("data", "./data", "~/data")),
        *(("GISTRUN_LANGUAGES", text) for text in (",", "Python", "../x", "python bash")),
        ("GISTRUN_RUNTIME", "/usr/bin/runc"),
        *(("GISTRUN_TIMEOUT", text) for text in ("0", "-1", "nan", "inf", "1e9", "soon")),
        *(("GISTRUN_MEMORY", text) for text in ("1m", "-256m", "256 m", "256mb", "1.5g", "m")),
        *(("GISTRUN_CPUS", text) for text in ("0", "nan", "65")),
        *(("GISTRUN_PIDS", text) for text in ("7", "64.0", "4097")),
        ("GISTRUN_DISK", "1k"),
        *(("GISTRUN_GIST_SIZE", text) for text in ("1023", "20 MB", "unlimited")),
        ("GISTRUN_OUTPUT", "1"),
        *(("GISTRUN_NETWORK", text) for text in ("host", "bridge", "EGRESS", "1")),
        *(("GISTRUN_NETWORK_DNS", text) for text in ("dns.example", "::1", "1.1.1", "1.1.1.256", ",")),
        *(("GISTRUN_WORKERS", text) for text in ("0", "257", "two")),
        *(("GISTRUN_WARM", text) for text in ("-1", "65")),
        *(("GISTRUN_RATE", text) for text in ("60", "0/minute", "60/fortnight", "-1/hour")),
        ("GISTRUN_CHECK_INTERVAL", "0"),
    ],
)
def test_a_bad_value_is_reported_with_its_variable_and_what_is_allowed(variable: str, text: str) -> None:
    with pytest.raises(SetupError) as told:
        Settings.load({variable: text})
    sentence = str(told.value)
    assert sentence.startswith(f"{variable} is {text!r}, but must be ")
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        *(
            (name, "hunter2\x07")
            for name in ("GITHUB_TOKEN", "GITHUB_WEBHOOK_SECRET", "GITHUB_WEBHOOK_SECRET_PREVIOUS", "SECRET_KEY")
        ),
        ("REDIS_URL", "http://me:hunter2@localhost"),
        ("GITHUB_API_URL", "ftp://me:hunter2@localhost"),
    ],
)
def test_a_secret_is_not_shown(variable: str, text: str) -> None:
    with pytest.raises(SetupError) as told:
        Settings.load({variable: text})
    assert variable in str(told.value)
    assert "hunter2" not in str(told.value)


@given(st.sampled_from(VARIABLES), st.text())
def test_every_value_of_a_variable_gives_a_setting_or_a_sentence(variable: str, text: str) -> None:
    try:
        Settings.load({variable: text})
    except SetupError as error:
        assert str(error).startswith(f"{variable} is ")  # noqa: PT017 - not raising is as good


def test_raw_files_come_from_githubs_hosts_and_those_named() -> None:
    named = {"GITHUB_API_URL": "http://127.0.0.1:81/api/v3", "GITHUB_RAW_HOSTS": "raw.example"}
    assert Settings.load(named).raw_hosts == {"127.0.0.1:81", "gist.githubusercontent.com", "raw.example"}


def test_the_secret_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    settings = Settings.load({"GISTRUN_DATA": str(tmp_path / "data")})
    key = settings.secret_key()
    assert len(bytes.fromhex(key)) == 32
    assert settings.secret_key() == key
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret_key"]
    assert stat.S_IMODE((tmp_path / "data" / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_at_once_have_one_secret_key(tmp_path: Path) -> None:
    settings = Settings.load({"GISTRUN_DATA": str(tmp_path)})
    with ThreadPoolExecutor(8) as threads:
        keys = set(threads.map(lambda _: settings.secret_key(), range(8)))
    assert keys == {(tmp_path / "secret_key").read_text()}


def test_a_secret_key_that_is_set_is_the_one() -> None:
    assert Settings.load({"SECRET_KEY": "abc", "GISTRUN_DATA": "/nonexistent"}).secret_key() == "abc"
