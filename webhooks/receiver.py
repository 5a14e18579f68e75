"""`POST /webhooks/github` as a Flask blueprint. It is handed what to do; it does no work of its own."""

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

_DELIVERY_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_EVENT = re.compile(r"[a-z_]{1,64}")


def receiver(secrets: Sequence[str], accept: Callable[[Delivery], Sequence[str] | None]) -> Blueprint:
    """The receiver of deliveries.

    Args:
        secrets: that deliveries may be signed with: one, or during a rotation the new and the old one. Without any,
            each delivery is answered with 503.
        accept: queues what the delivery asks for and returns the gists that will be looked at, or None if a delivery
            of this id was accepted before. It is to remember the id and queue the work both or neither, however many
            come at the same time. It must return at once, and may raise anything when the work cannot be queued: the
            answer is 503 then, and the delivery may come again.
    """
    blueprint = Blueprint("webhooks", __name__)

    @blueprint.post("/webhooks/github")
    def receive() -> tuple[Response, int]:
        if not secrets:
            return _refusal(503, "This server has no webhook secret: set GITHUB_WEBHOOK_SECRET to receive deliveries.")
        if request.mimetype != "application/json":
            return _refusal(415, "The Content-Type must be application/json; choose it in the webhook's settings.")
        try:
            # Read up to one byte too many: a body in chunks has no length to look at beforehand.
            request.max_content_length = MAX_BYTES + 1
            body = request.get_data(cache=False)
            if len(body) > MAX_BYTES:
                raise RequestEntityTooLarge
            if len(body) < (request.content_length or 0):  # some servers hand a body over that broke off
                raise ClientDisconnected
        except RequestEntityTooLarge:
            return _refusal(413, f"The body is larger than {MAX_BYTES} bytes.")
        except ClientDisconnected:
            return _refusal(400, "The body ended before its Content-Length.")
        if not signature.is_valid(secrets, body, request.headers.get(signature.HEADER)):
            return _refusal(
                401, f"{signature.HEADER} is missing or is not the HMAC-SHA256 of the body with this server's secret."
            )
        event = request.headers.get("X-GitHub-Event", "")
        delivery_id = request.headers.get("X-GitHub-Delivery", "")
        if not _EVENT.fullmatch(event):
            return _refusal(400, "X-GitHub-Event must name the event, such as push.")
        if not _DELIVERY_ID.fullmatch(delivery_id):
            return _refusal(
                400, "X-GitHub-Delivery must be an id of this delivery: 1 to 128 letters, digits, . _ or -."
            )
        try:
            read = delivery.read(delivery_id, event, body)
        except delivery.Malformed as error:
            return _refusal(400, str(error))
        if event == "ping":
            return jsonify(msg="pong"), 200
        try:
            gists = accept(read)
        except Exception:
            # Whatever the queue is made of: the sender learns that this delivery must be sent again.
            log.exception("Delivery %s could not be queued", delivery_id)
            return _refusal(503, "The work could not be queued. Deliver this again in a minute.")
        if gists is None:
            return jsonify(duplicate=True), 200
        return jsonify(gists=list(gists)), 202

    return blueprint


def _refusal(status: int, sentence: str) -> tuple[Response, int]:
    return jsonify(error=sentence), status
