"""Gists from GitHub: the REST API's gist endpoints, the raw files behind them, and git where those do not reach.

In the order of a request:

    client    what is asked for, in which order: the one public class, `GitHub`
    budget    may we ask now? what GitHub allows, as all processes know it together; visitors before the background
    session   one GET: the token to the API's host only, no step to other hosts, bounded in time and bytes
    parsing   JSON as it comes, with the nulls and the gaps of its year
    files     the whole content of every file: from the answer, else raw, else by git
    clone     the whole content of every file, from git
    refusals  what an answer of 4xx or 5xx means to the person waiting

github3.py gives the session and the error classes; nothing but this package imports it (docs/decisions/github.md).
"""

from gistrun.github.budget import Ledger
from gistrun.github.client import GitHub

__all__ = ["GitHub", "Ledger"]
