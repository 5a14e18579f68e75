"""What a delivery says: the event's name and its payload in, the gists to look at again out. Pure.

| event                 | gists                                                                                     |
|---|---|
| `gist`                | `gist.id`. GitHub has no such event: senders of our own use it, `{"action", "gist": {"id"}}` |
| `repository_dispatch` | `client_payload.gist_id`, if the sender put one there                                     |
| `push`, any other     | none                                                                                      |
"""

from __future__ import annotations

import json
import re
from typing import Any

_GIST_ID = re.compile(r"[0-9a-f]{1,40}")


class Malformed(ValueError):
    """The delivery is not of the form its event has; the message is a sentence saying what is expected."""


def parse(body: bytes) -> dict[str, Any]:
    """The payload of a delivery.

    Raises:
        Malformed: not UTF-8, not JSON (RFC 8259), not an object, nested too deeply, or a key twice in one object.
    """
    try:
        payload = json.loads(body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise Malformed("The body must be JSON in UTF-8.") from None
    except RecursionError:
        raise Malformed("The body is nested too deeply.") from None
    except Malformed:
        raise
    except ValueError as error:
        raise Malformed(f"The body must be JSON: {error}.") from None
    if not isinstance(payload, dict):
        raise Malformed("The body must be a JSON object.")
    return payload


def gists(event: str, payload: dict[str, Any]) -> list[str]:
    """The ids of the gists to look at again; empty where the delivery names none.

    Raises:
        Malformed: the event names a gist in a form that is none.
    """
    if event == "gist":
        gist = payload.get("gist")
        if not isinstance(payload.get("action"), str) or not isinstance(gist, dict):
            raise Malformed('A gist delivery must be {"action": "updated", "gist": {"id": "…"}}.')
        return [_gist_id(gist.get("id"), "gist.id")]
    if event == "repository_dispatch":
        client_payload = payload.get("client_payload")
        if isinstance(client_payload, dict) and "gist_id" in client_payload:
            return [_gist_id(client_payload["gist_id"], "client_payload.gist_id")]
    return []


def _gist_id(value: object, name: str) -> str:
    if not isinstance(value, str) or not _GIST_ID.fullmatch(value):
        raise Malformed(f"{name} must be a gist's id: a text of 1 to 40 of the characters 0-9 and a-f.")
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one body could otherwise see two different gists.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("The body must not have a key twice in one object.")
    return result


def _no_constant(name: str) -> None:
    raise Malformed(f"The body must be JSON, which has no {name}.")
