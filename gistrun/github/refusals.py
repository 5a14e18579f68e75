"""What an answer of 4xx or 5xx means to the person waiting for it."""

from __future__ import annotations

import requests
from github3 import exceptions

from gistrun.errors import GistrunError, GitHubUnauthorized, GitHubUnavailable, Gone, NotFound
from gistrun.figures import in_words
from gistrun.github.parsing import shown
from gistrun.github.standing import HICCUP_S, LIMITED_S
from gistrun.github.turns import Allowance

_UNAUTHORIZED_S = 60


def meaning(error: exceptions.ResponseError, what: str, known: bool, allowance: Allowance) -> GistrunError:
    """The error to raise in place of GitHub's.

    Args:
        what: was asked for, such as `gist 9257657`.
        known: it was there the last time, so that a 404 says that it is gone.
    """
    code = error.code
    if code == 451 or (code == 403 and _is_blocked(error.response)):
        return Gone(f"GitHub has taken {what} down.", taken_down=True)
    if code == 410 or (code == 404 and known):
        return Gone(f"GitHub no longer has {what}: it was deleted or made private.")
    if code in (404, 409, 422):
        return NotFound(f"GitHub has no {what}, or it is private.")
    if code == 401:
        return GitHubUnauthorized(
            "GitHub refuses this server's GITHUB_TOKEN. Its operator must set a valid one, or none."
            if allowance.has_token
            else "This GitHub asks for a token. The server's operator must set GITHUB_TOKEN.",
            retry_after=_UNAUTHORIZED_S,
        )
    if code in (403, 429):
        sentence = str(error.msg)
        return allowance.limited(code, sentence, error.response.headers) or GitHubUnauthorized(
            f"GitHub refuses to answer this server: {shown(sentence)}.", retry_after=LIMITED_S
        )
    wait = allowance.asked_to_wait(error.response.headers) or HICCUP_S
    return GitHubUnavailable(
        f"GitHub has trouble of its own (status {code}). Try again {in_words(wait)}.", retry_after=wait
    )


def _is_blocked(response: requests.Response) -> bool:
    """True for a gist that GitHub has disabled: its 403 then has a `block`, as GitHub's description says."""
    try:
        body = response.json()
    except ValueError:
        return False
    return isinstance(body, dict) and "block" in body
