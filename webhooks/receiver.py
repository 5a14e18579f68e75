"""`POST /webhooks/github` as a Flask blueprint. It checks a delivery and passes it on; it does no work of its own."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Sequence

from flask import Blueprint, Response, jsonify, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from webhooks import delivery, signature
from webhooks.delivery import Delivery

log = logging.getLogger(__name__)

#: Larger bodies are refused. GitHub itself stops at 25 MB; nothing that names a gist comes near.
MAX_BYTES = 2**20
#: Seconds after which a delivery that could not be taken may come again. The senders wait for so long, a few times.
_RETRY_AFTER_S = 5

_DELIVERY_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_EVENT = re.compile(r"[a-z_]{1,64}")


class _Refusal(Exception):
    """The delivery is not taken: the HTTP status, and the sentence that says why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


def receiver(
    secrets: Sequence[str],
    accept: Callable[[Delivery], Sequence[str] | None],
    expected: tuple[type[Exception], ...] = (),
) -> Blueprint:
    """The receiver of deliveries.

    Args:
        secrets: the secrets that a delivery may be signed with: one, or the new and the old one during a rotation.
            Without any, each delivery is answered with 503.
        accept: queues what the delivery asks for and returns the gists that will be revisited, or None if a delivery of
            this id was accepted before. It remembers the id and queues the work, both or neither, however many
            deliveries come at the same time. It returns at once. It may raise anything when the work cannot be queued:
            then the answer is 503, and the delivery may come again.
        expected: what it raises when its queue is not available. The log then says so without a traceback.
    """
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.post("/webhooks/github")
    def receive() -> tuple[Response, int]:
        try:
            return _receive(secrets, accept, expected)
        except _Refusal as refusal:
            answer = jsonify(error=str(refusal))
            if refusal.status == 503:
                answer.headers["Retry-After"] = str(_RETRY_AFTER_S)
            return answer, refusal.status

    return blueprint


def _receive(
    secrets: Sequence[str],
    accept: Callable[[Delivery], Sequence[str] | None],
    expected: tuple[type[Exception], ...],
) -> tuple[Response, int]:
    if not secrets:
        raise _Refusal(503, "This server has no webhook secret: set GITHUB_WEBHOOK_SECRET to receive deliveries.")
    if request.mimetype != "application/json":
        raise _Refusal(415, "The Content-Type must be application/json; choose it in the webhook's settings.")
    body = _body()
    if not signature.is_valid(secrets, body, request.headers.get(signature.HEADER)):
        sentence = f"{signature.HEADER} is missing or is not the HMAC-SHA256 of the body with this server's secret."
        raise _Refusal(401, sentence)
    event = request.headers.get("X-GitHub-Event", "")
    delivered = _delivery(event, body)
    if event == "ping":
        return jsonify(msg="pong"), 200
    try:
        gists = accept(delivered)
    except Exception as error:
        # Whatever the queue is made of: the sender learns that this delivery must be sent again.
        told = not isinstance(error, expected)
        log.error("Delivery %s could not be queued: %s", delivered.id, error, exc_info=told)
        raise _Refusal(503, "The work could not be queued. Deliver this again in a moment.") from None
    if gists is None:
        return jsonify(duplicate=True), 200
    return jsonify(gists=list(gists)), 202


def _body() -> bytes:
    """The request's body, whole and not too large."""
    try:
        # Read up to one byte too many: a body in chunks does not say its length beforehand.
        request.max_content_length = MAX_BYTES + 1
        body = request.get_data(cache=False)
        if len(body) > MAX_BYTES:
            raise RequestEntityTooLarge
        if len(body) < (request.content_length or 0):  # some servers pass on a body that broke off
            raise ClientDisconnected
    except RequestEntityTooLarge:
        raise _Refusal(413, f"The body is larger than {MAX_BYTES} bytes.") from None
    except ClientDisconnected:
        raise _Refusal(400, "The body ended before its Content-Length.") from None
    return body


def _delivery(event: str, body: bytes) -> Delivery:
    """The delivery in a signed body."""
    delivery_id = request.headers.get("X-GitHub-Delivery", "")
    if not _EVENT.fullmatch(event):
        raise _Refusal(400, "X-GitHub-Event must name the event, such as push.")
    if not _DELIVERY_ID.fullmatch(delivery_id):
        raise _Refusal(400, "X-GitHub-Delivery must be an id of this delivery: 1 to 128 letters, digits, . _ or -.")
    try:
        return delivery.read(delivery_id, event, body)
    except delivery.Malformed as error:
        raise _Refusal(400, str(error)) from None
