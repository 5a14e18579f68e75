"""The least that Flask can do, to measure ours against."""

from __future__ import annotations

from flask import Flask


def create() -> Flask:
    """An application whose one view returns a constant."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: "Hello, World!")
    return app
