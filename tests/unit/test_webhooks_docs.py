"""The example of docs/webhooks.md, run as it stands there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import flask
import pytest
from werkzeug.serving import make_server

from webhooks import receiver

DOCS = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="curl or openssl is not there")
def test_the_example_signs_so_that_it_is_accepted() -> None:
    text = DOCS.read_text(encoding="utf-8")
    (script,) = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    (printed,) = re.findall(r"It prints `(.*?)`", text)
    looked: list[str] = []
    remembered: set[str] = set()
    app = flask.Flask(__name__)
    app.register_blueprint(receiver("it's a secret", remembered.__contains__, remembered.add, looked.append))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        address = {"GISTRUN": f"http://127.0.0.1:{server.port}", "GITHUB_WEBHOOK_SECRET": "it's a secret"}
        done = subprocess.run(["sh", "-c", script], env=os.environ | address, capture_output=True, timeout=30)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert json.loads(done.stdout) == json.loads(printed) == {"gists": looked}
    assert len(remembered) == 1
