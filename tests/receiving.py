"""The webhook receiver on a port of this machine, with a queue that is a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import flask
from werkzeug.serving import make_server

from webhooks import Delivery, receiver


@dataclass
class Accepted:
    """What a receiver is handed to queue into. Remembers an id and queues its work both or neither."""

    #: The gists that each repository's README shows, as far as is known.
    readmes: dict[str, list[str]] = field(default_factory=dict)
    #: What was accepted, by id.
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    looked: list[str] = field(default_factory=list)
    #: So many of the next attempts find no queue.
    broken: int = 0

    def __call__(self, delivery: Delivery) -> list[str] | None:
        if delivery.id in self.deliveries:
            return None
        if self.broken:
            self.broken -= 1
            raise ConnectionError("no queue")
        gists = self.readmes.get(delivery.push.repository, []) if delivery.push else list(delivery.gists)
        self.deliveries[delivery.id] = delivery
        self.looked += gists
        return gists

    def app(self, *secrets: str) -> flask.Flask:
        app = flask.Flask(__name__)
        app.register_blueprint(receiver(secrets, self))
        return app


@contextmanager
def receiving(accepted: Accepted, *secrets: str) -> Iterator[str]:
    """Serves it; gives its address."""
    server = make_server("127.0.0.1", 0, accepted.app(*secrets), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
