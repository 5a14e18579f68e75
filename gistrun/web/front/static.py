"""The service's own scripts and styles: compressed once, and kept by browsers until they change.

A page names them with their edition in the path, so a browser never asks again for one that it has. Scripts import each
other by relative addresses, which keeps them in the same edition.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

from flask import Flask, abort
from flask.typing import ResponseReturnValue

from gistrun.web.front.kept import Rendering, answer, headers

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
_FOREVER = ("Cache-Control", "public, max-age=31536000, immutable")
_EDITION = re.compile(r"[0-9a-f]{12}/")


def serve_static(app: Flask) -> None:
    """Have `app` answer for the files under `/static/`, and `url_for` name their edition."""
    texts = {
        path.relative_to(FOLDER).as_posix(): path.read_text() for path in FOLDER.rglob("*") if path.suffix in TYPES
    }
    edition = hashlib.sha256(repr(sorted(texts.items())).encode()).hexdigest()[:12]
    kinds = {name: TYPES[Path(name).suffix] for name in texts}
    lasting = {name: Rendering.of(headers(kinds[name], _FOREVER), text) for name, text in texts.items()}
    asked = {name: Rendering(headers(kinds[name]), each.packed) for name, each in lasting.items()}

    @app.url_defaults
    def name_edition(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static":
            values["filename"] = f"{edition}/{values['filename']}"

    @app.get("/static/<path:filename>", endpoint="static")
    def static(filename: str) -> ResponseReturnValue:
        # A page that was opened before an upgrade names an earlier edition. It gets what there is, for now.
        files = lasting if filename.startswith(f"{edition}/") else asked
        rendering = files.get(_EDITION.sub("", filename, count=1) if _EDITION.match(filename) else filename)
        if rendering is None:
            abort(404)
        return answer(rendering)
