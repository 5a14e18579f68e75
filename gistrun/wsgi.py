"""What a WSGI server is pointed at: `gistrun.wsgi:create()`."""

from __future__ import annotations

import flask

from gistrun.app import App
from gistrun.settings import Settings


def create() -> flask.Flask:
    """The web application, from the environment."""
    return App(Settings.load()).web()
