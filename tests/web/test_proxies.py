"""Which visitor, scheme and host the application sees behind proxies."""

from __future__ import annotations

from typing import Any

import pytest
from werkzeug.test import create_environ

from gistrun.errors import SetupError
from gistrun.settings import Settings, parse
from gistrun.web.front.proxies import behind_proxies

TRUSTED = parse.networks("127.0.0.0/8,::1,10.0.0.0/8,2001:db8:1::/48")


def seen(peer: str, trusted: Any = TRUSTED, **headers: str) -> tuple[str, str, str]:
    """The visitor's address, the scheme and the host."""
    found: dict[str, Any] = {}

    def app(environ: dict[str, Any], _: Any) -> list[bytes]:
        found.update(environ)
        return []

    sent = {f"X-Forwarded-{name}": value for name, value in headers.items()}
    environ = create_environ("/", "http://gistrun.example", headers=sent)
    environ["REMOTE_ADDR"] = peer
    behind_proxies(app, trusted)(environ, None)
    return found["REMOTE_ADDR"], found["wsgi.url_scheme"], found["HTTP_HOST"]


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("", "203.0.113.9", "203.0.113.9"),
        ("::1", "2001:db8:2::7", "2001:db8:2::7"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("2001:db8:1::5", "203.0.113.9, 10.1.2.3, 2001:db8:1::6", "203.0.113.9"),
        ("127.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8:2::7]:4711", "2001:db8:2::7"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
def test_a_trusted_proxy_says_who_the_visitor_is(peer: str, forwarded: str, visitor: str) -> None:
    assert seen(peer, For=forwarded)[0] == visitor


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor"),
    [
        ("198.51.100.4", "203.0.113.9", "198.51.100.4"),
        ("198.51.100.4", "127.0.0.1", "198.51.100.4"),
        ("127.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("127.0.0.1", "1.1.1.1, nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", ",,,", "127.0.0.1"),
        ("127.0.0.1", "unknown, 999.1.1.1", "127.0.0.1"),
        ("127.0.0.1", "[::1", "127.0.0.1"),
    ],
)
def test_made_up_proxy_headers_are_ignored(peer: str, forwarded: str, visitor: str) -> None:
    assert seen(peer, For=forwarded)[0] == visitor


def test_scheme_and_host_are_believed_from_trusted_proxies_only() -> None:
    sent = {"Proto": "https", "Host": "gists.example"}
    assert seen("10.1.2.3", **sent)[1:] == ("https", "gists.example")
    assert seen("198.51.100.4", **sent)[1:] == ("http", "gistrun.example")


def test_only_proxies_on_this_machine_are_trusted_by_default() -> None:
    default = Settings.load({}).trusted_proxies
    assert seen("127.0.0.1", default, For="203.0.113.9")[0] == "203.0.113.9"
    assert seen("::1", default, For="203.0.113.9")[0] == "203.0.113.9"
    assert seen("10.1.2.3", default, For="203.0.113.9")[0] == "10.1.2.3"


@pytest.mark.parametrize("value", ["proxy.example", "10.0.0.0/33", "10.0.0.1/8", "1.2.3", "10.0.0.1 10.0.0.2", ","])
def test_the_service_does_not_start_with_proxies_that_are_no_addresses(value: str) -> None:
    with pytest.raises(SetupError, match=r"GISTRUN_TRUSTED_PROXIES is .*, but must be addresses and networks"):
        Settings.load({"GISTRUN_TRUSTED_PROXIES": value})
