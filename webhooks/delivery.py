"""What a delivery says: its event and its body in, the gists and the repository to look at out. Pure.

| event                 | says                                                                                      |
|---|---|
| `gist`                | `gist.id`. GitHub has no such event: senders of our own use it, `{"action", "gist": {"id"}}` |
| `repository_dispatch` | `client_payload.gist_id`, if the sender put one there                                     |
| `workflow_dispatch`   | `inputs.gist_id`, if the workflow has such an input                                       |
| `push`                | the repository, when its default branch moved                                             |
| any other             | nothing                                                                                   |

GitHub's payloads: https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

#: A number for a gist of before 2012, else hexadecimal.
_GIST_ID = re.compile(r"[0-9]{1,19}|[0-9a-fA-F]{20,40}")
#: An account (an enterprise's have an underscore) and a repository; no part of it is a step up.
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}/(?!\.{1,2}$)[A-Za-z0-9._-]{1,100}")
#: Where GitHub looks for the README it shows, whatever its extension.
_README = re.compile(r"(\.github/|docs/)?readme[^/]*", re.IGNORECASE)
#: From so many commits on, the list of a push may have been cut; GitHub has cut at 20 and at 2,048.
_FEW_COMMITS = 20


class Malformed(ValueError):
    """The delivery is not of the form its event has; the message is a sentence saying what is expected."""


@dataclass(frozen=True, slots=True)
class Push:
    """The default branch of a repository moved."""

    #: `owner/name`, as GitHub spells it.
    repository: str
    #: True also where the payload does not tell.
    readme_changed: bool


@dataclass(frozen=True, slots=True)
class Delivery:
    """What is to be looked at. Mostly nothing: a webhook sends every event it was set up for."""

    #: The sender's own, the same when it is sent again.
    id: str
    gists: tuple[str, ...] = ()
    push: Push | None = None


def read(delivery_id: str, event: str, body: bytes) -> Delivery:
    """What the delivery says.

    Raises:
        Malformed: the body is no JSON object (see `parse`), or what it should name is not there or not of its form.
    """
    payload = parse(body)
    match event:
        case "gist":
            return Delivery(delivery_id, gists=(_edited(payload),))
        case "repository_dispatch":
            return Delivery(delivery_id, gists=_named(payload, "client_payload"))
        case "workflow_dispatch":
            return Delivery(delivery_id, gists=_named(payload, "inputs"))
        case "push":
            return Delivery(delivery_id, push=_push(payload))
    return Delivery(delivery_id)


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


def _edited(payload: dict[str, Any]) -> str:
    gist = payload.get("gist")
    if not isinstance(payload.get("action"), str) or not isinstance(gist, dict):
        raise Malformed('A gist delivery must be {"action": "updated", "gist": {"id": "…"}}.')
    return _gist_id(gist.get("id"), "gist.id")


def _named(payload: dict[str, Any], where: str) -> tuple[str, ...]:
    """The gist in an object of the sender's making, which most senders fill with something else."""
    sent = payload.get(where)
    if isinstance(sent, dict) and "gist_id" in sent:
        return (_gist_id(sent["gist_id"], f"{where}.gist_id"),)
    return ()


def _gist_id(value: object, name: str) -> str:
    if not isinstance(value, str) or not _GIST_ID.fullmatch(value):
        raise Malformed(f"{name} must be a gist's id: a text of digits, or of 20 to 40 digits and letters from a to f.")
    return value


def _push(payload: dict[str, Any]) -> Push | None:
    about = payload.get("repository")
    repository = about.get("full_name") if isinstance(about, dict) else None
    branch = about.get("default_branch") if isinstance(about, dict) else None
    if not isinstance(repository, str) or not _REPOSITORY.fullmatch(repository) or not isinstance(branch, str):
        raise Malformed("A push must name its repository: repository.full_name and repository.default_branch.")
    if payload.get("ref") != f"refs/heads/{branch}" or payload.get("deleted") is True:
        return None
    return Push(repository, _may_have_changed_the_readme(payload))


def _may_have_changed_the_readme(payload: dict[str, Any]) -> bool:
    commits = payload.get("commits")
    # A forced push may take commits away, which are listed nowhere.
    if payload.get("forced") is not False or not isinstance(commits, list) or not 0 < len(commits) < _FEW_COMMITS:
        return True
    return any(_touches_a_readme(commit) for commit in commits)


def _touches_a_readme(commit: object) -> bool:
    if not isinstance(commit, dict):
        return True
    for change in ("added", "modified", "removed"):
        paths = commit.get(change)
        # Some senders leave the lists out.
        if not isinstance(paths, list) or any(not isinstance(path, str) or _README.fullmatch(path) for path in paths):
            return True
    return False


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # Two readers of one body could otherwise see two different gists.
    result = dict(pairs)
    if len(result) != len(pairs):
        raise Malformed("The body must not have a key twice in one object.")
    return result


def _no_constant(name: str) -> None:
    raise Malformed(f"The body must be JSON, which has no {name}.")
