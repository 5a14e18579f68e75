"""The entry point of WSGI servers: `gistrun.wsgi:create()`."""

from __future__ import annotations

from gistrun.app import App
from gistrun.settings import Settings
from gistrun.web.front.proxies import Application, behind_proxies


def create() -> Application:
    """The web application, from the environment."""
    settings = Settings.load()
    return behind_proxies(App(settings).web(), settings.trusted_proxies)
