"""What an answer of 4xx or 5xx means to the person waiting for it."""

from __future__ import annotations

import requests
from github3 import exceptions

from gistrun.errors import GistrunError, GitHubUnauthorized, GitHubUnavailable, Gone, NotFound
from gistrun.github.budget import HICCUP_S, LIMITED_S, Allowance
from gistrun.github.parsing import shown

_UNAUTHORIZED_S = 60


def meaning(
    error: exceptions.ResponseError, what: str, known: bool, has_token: bool, allowance: Allowance
) -> GistrunError:
    """The error to raise in place of GitHub's.

    Args:
        what: was asked for, such as `gist 9257657`.
        known: it was there the last time: then a 404 says that it is gone.
    """
    code = error.code
    if code == 451 or (code == 403 and _is_blocked(error.response)):
        return Gone(f"GitHub has taken {what} down.", taken_down=True)
    if code == 410 or (code == 404 and known):
        return Gone(f"GitHub has {what} no more: it was deleted, or is no longer for us to see.")
    if code in (404, 409, 422):
        return NotFound(f"GitHub has no {what}, or it is not for us to see.")
    if code == 401:
        return GitHubUnauthorized(
            "GitHub refuses this server's GITHUB_TOKEN. Its operator must set a valid one, or none."
            if has_token
            else "This GitHub asks for a token. The server's operator must set GITHUB_TOKEN.",
            retry_after=_UNAUTHORIZED_S,
        )
    if code in (403, 429):
        said = str(error.msg)
        return allowance.limited(code, said, error.response.headers) or GitHubUnauthorized(
            f"GitHub refuses to answer this server: {shown(said)}.", retry_after=LIMITED_S
        )
    return GitHubUnavailable(
        f"GitHub has trouble of its own (status {code}). Try again in {HICCUP_S} seconds.", retry_after=HICCUP_S
    )


def _is_blocked(response: requests.Response) -> bool:
    """True for a gist that GitHub has disabled: its description of a 403 for a gist has a `block`."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "block" in body
