"""Gists from GitHub: the REST API's gist endpoints, the raw files behind them, and git where those do not reach.

In the order of a request:

    connect   `GitHub`, made of gists, lists and readmes
    gists     a gist with the whole content of every file
    lists     what changed among an owner's gists
    absent    the users that GitHub does not have
    readmes   the README of a repository
    api       one request to the API: its turn, what is learnt from the answer, what an error means
    turns     who may ask now, visitors before the background
    standing  the limits that GitHub sets, and the circuit breaker, as values
    ledger    what the processes share, and the ledger of a process on its own
    session   one GET: the token goes to the API's host only, no redirect to other hosts, bounded in time and bytes
    parsing   GitHub's JSON, with the nulls and gaps of its year
    files     the whole content of every file: from the answer, else raw, else by git
    clone     the whole content of every file, by git
    refusals  what an answer of 4xx or 5xx means to the person waiting

github3.py gives the session and the error classes; nothing but this package imports it (docs/decisions/github.md).
"""

from gistrun.github.connect import Account, GitHub
from gistrun.github.ledger import Ledger, OwnLedger
from gistrun.github.standing import Budget
from gistrun.github.turns import Patience

__all__ = ["Account", "Budget", "GitHub", "Ledger", "OwnLedger", "Patience"]
