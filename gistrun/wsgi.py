"""What a WSGI server is pointed at: `gistrun.wsgi:create()`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from gistrun.app import App
from gistrun.settings import Settings

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]


def create() -> Application:
    """The web application, from the environment."""
    return behind_proxy(App(Settings.load()).web())


def behind_proxy(app: Application) -> Application:
    """Believe one proxy on this machine about who the visitor is and whether they came by https, and nobody else."""
    proxied = ProxyFix(app, x_for=1, x_proto=1, x_host=1)

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        near = environ.get("REMOTE_ADDR") in ("127.0.0.1", "::1", "")
        return (proxied if near else app)(environ, start_response)

    return answer
