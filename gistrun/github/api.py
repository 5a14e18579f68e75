"""One request to the API: it waits its turn, learns from the answer, and says in our words what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import requests
from github3 import exceptions
from urllib3.exceptions import HTTPError

from gistrun.errors import GitHubUnavailable
from gistrun.github.parsing import Unexpected
from gistrun.github.refusals import meaning
from gistrun.github.session import JSON, Deadline, Session
from gistrun.github.standing import HICCUP_S
from gistrun.github.turns import Allowance


class Api:
    """The API of one GitHub, asked as one account.

    Args:
        answer_s: seconds for one answer with everything that belongs to it.
    """

    def __init__(self, session: Session, allowance: Allowance, now: Callable[[], datetime], answer_s: float) -> None:
        self._session = session
        self._allowance = allowance
        self.now = now
        self._answer_s = timedelta(seconds=answer_s)

    @property
    def account(self) -> str:
        """Names the account in the keys of cached answers."""
        return self._allowance.account

    def check(self, background: bool) -> None:
        """Raises GitHubUnavailable while GitHub may not be asked."""
        self._allowance.check(background)

    @contextmanager
    def asking(self, what: str, background: bool, known: bool = False) -> Iterator[Deadline]:
        """A turn to ask, for as many requests as `what` takes.

        Args:
            what: is asked for, such as `gist 9257657`.
            background: nobody waits for it.
            known: it was there the last time, so that a 404 says that it is gone.

        Raises:
            Gone, NotFound: GitHub does not have it. GitHubUnavailable: no answer, or not GitHub's answer.
        """
        try:
            with self._allowance.turn(background):
                yield Deadline(self.now() + self._answer_s, self.now)
        except exceptions.ResponseError as error:
            raise meaning(error, what, known, self._allowance) from error
        except Unexpected as error:
            raise GitHubUnavailable(
                f"GitHub's answer could not be understood: {error}. Try again in a minute.", retry_after=60
            ) from error
        except (requests.Timeout, TimeoutError) as error:
            raise GitHubUnavailable(
                f"GitHub did not answer in time. Try again in {HICCUP_S} seconds.", retry_after=HICCUP_S
            ) from error
        except (requests.RequestException, OSError, HTTPError) as error:
            raise GitHubUnavailable(
                f"GitHub cannot be reached, or broke off. Try again in {HICCUP_S} seconds.", retry_after=HICCUP_S
            ) from error

    def get(
        self, path: str, deadline: Deadline, most: int, etag: str | None = None, accept: str = JSON
    ) -> tuple[requests.Response, bytes]:
        """A 200, or a 304 where an ETag was given; for the arguments and errors see `Session.api`."""
        asked_at = self.now()

        def learn(answer: requests.Response) -> None:
            self._allowance.answered(answer.status_code, answer.headers, asked_at)

        try:
            return self._session.api(path, deadline, most, etag, learn, accept)
        except exceptions.ResponseError:
            raise  # an answer, of which `learn` was told
        except (OSError, HTTPError):  # timeouts and what requests raises are OSErrors too
            self._allowance.failed(asked_at)
            raise
