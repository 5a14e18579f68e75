"""One GitHub, made of its parts: who asks takes the part that it needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from gistrun.github.api import Api
from gistrun.github.clone import Clone
from gistrun.github.files import Files
from gistrun.github.gists import Gists
from gistrun.github.ledger import Ledger, OwnLedger
from gistrun.github.lists import Lists
from gistrun.github.readmes import Readmes
from gistrun.github.session import Session
from gistrun.github.standing import Budget
from gistrun.github.turns import Allowance, Patience, account_name


@dataclass(frozen=True, slots=True)
class Account:
    """One GitHub (github.com or an Enterprise Server), and as whom it is asked."""

    #: `https://api.github.com`, or `https://HOST/api/v3`.
    api_url: str
    #: Sent to the host of `api_url` and to no other.
    token: str | None = None
    #: `host` or `host:port` that raw files and repositories may be fetched from.
    raw_hosts: Iterable[str] = ()


class GitHub:
    """Gists, lists and READMEs from one GitHub, asked as one account.

    Safe to share between threads or greenlets. All that share a ledger share the budget, obey a limit that GitHub gave
    to one of them, stop asking while GitHub does not answer, and take turns: a few visitors at a time, and one check in
    the background when no visitor asks.

    Args:
        max_bytes: the most that the files of one gist may hold together.
        now: the time, with its zone.
        ledger: what this process shares with others; None where it is alone.
    """

    def __init__(
        self,
        account: Account,
        max_bytes: int,
        now: Callable[[], datetime],
        ledger: Ledger | None = None,
        patience: Patience = Patience(),  # noqa: B008 - frozen
    ) -> None:
        api_url, token = account.api_url.rstrip("/"), account.token
        ledger = ledger or OwnLedger()
        allowance = Allowance(ledger, account_name(api_url, token), bool(token), now, patience)
        # The raw hosts and git have limits of their own, whoever asks.
        outside = Allowance(ledger, account_name(f"{api_url} raw", None), False, now, patience)
        session = Session(api_url, token, account.raw_hosts, patience.timeout_s)
        api = Api(session, allowance, now, patience.answer_s)
        files = Files(session, outside, Clone(session, outside, max_bytes), max_bytes)
        self._allowance = allowance
        self.gists = Gists(api, files, ledger, max_bytes)
        self.lists = Lists(api, ledger, allowance.budget)
        self.readmes = Readmes(api)

    def budget(self) -> Budget | None:
        """The primary limit that GitHub last gave to any process; None when it is not known or its hour is over."""
        return self._allowance.budget()
