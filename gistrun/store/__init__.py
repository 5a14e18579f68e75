"""Everything kept in Redis: gists, runs, their output, who is at work. Only this package imports redis.

A `Store` has a shelf for each kind of thing, and its users are given the shelf that they need. Each shelf has a module
of its own, and its scripts stand in `.lua` files beside it. When Redis does not answer, every method raises
`StoreUnavailable`. A method that writes raises `StoreReadOnly` when Redis refuses only that. What is kept, all of it
under `gistrun:`, and for how long:

connection, plain, direct, keys: the clients, and how keys are named

outage, refusals: what a Redis that does not answer or refuses means

gists, gist_records, missing: at their revisions, the latest revision known, and the ids that GitHub does not have

    gist:<id>              the latest revision known, GitHub's ETag, when asked    30 days
    gist:<id>:<sha>        a gist at a revision, whole                             30 days
    gist:<id>:events       stream: events for open pages of the gist               1 day
    gist:<id>:keys         sorted set: every other key kept of the gist, by time   31 days
    missing:<id>[:<sha>]   hash: GitHub has no such gist (or no longer), since     by how often it was missing
    looking:<id>           lock: a process asks GitHub for the gist                75 seconds

runs, ends, history, run_records: from a request to the end that is kept for it

    run:<id>               hash: json, attempt, worker, key, public, lost,         as long as its end is kept:
                           waiting, waited, image; until its end request,          30 days, or 10 minutes
                           visitor, starter;
                           then output (its events, compressed) and charge
    run:<id>:events        stream: state, output and end events                    until 10 s after its end
    active                 sorted set: runs that have not ended, by creation time  for ever
    active:bytes           what they hold together                                 for ever
    under_way:<key>        the run under way for a request                         until its end
    ended:<key>            the run that ended last for a request                   as long as the run
    errors:<key>           how often in a row a request ended in our own error     1 day
    kept:<identity>        the run whose end is kept for a program                 as long as the run
    owner:<name>           sorted set: ended runs of an owner's gists, by expiry,  30 days after the last
                           and the sum of what they hold
    recent                 list: the last public runs                              for ever, cut to length
    history:<id>           list: how the gist's last 100 runs ended, in brief      31 days
    asked                  sorted set: images, by when a run was last asked for    for ever

streams: events, read along by many

    reader:<name>          stream: wakes a process' reader of runs' events         a minute

turns: the fair order in which runs wait for a worker; the queues themselves are RQ's

    rounds                 sorted set: the round of each job                       10 minutes
    visitors               sorted set: the round of each visitor's last job        10 minutes
    later:rounds, …        the same two for jobs that nobody waits for             10 minutes

watches: which gists people view, and how they are kept fresh

    looked                 sorted set: gists by their last view                    for ever, cut to 7 days
    popular                sorted set: gists by how much they are viewed           as `looked`
    checked                sorted set: gists by when GitHub was last asked         as `looked`
    watching               hash: how many are watched, how often each is checked   a minute

revisits: queues of what GitHub is to be asked again, and the webhook deliveries that fill them

    revisits               sorted set: gists that wait for a revisit               for ever
    revisits:unknown       sorted set: gists never seen whose badge was shown      for ever, 1,000 at most
    readmes                sorted set: repositories whose README is to be read     for ever
    readme:<repository>    the gists whose badges it shows, and GitHub's ETag      30 days
    delivery:<id>          a webhook delivery was accepted                         3 days

rendered: pages and badges as they are sent

    rendered:<id>          hash: pages and badges of the gist as they are sent     as long as true, a day at most

github: GitHub's budget, and who asks GitHub now

    github:<account>       hash: GitHub's budget, and until when not to ask        2 hours
    github:<account>:visitors, :turn   who asks GitHub now                         75 seconds
    github:<account>:visits            counts who asked                            1 day
    github_note:…          a refusal, or an owner's list, with GitHub's ETag;      1 day, 7 days
                           or that GitHub has no such owner                        by how often it was missing

images, packages, workers, visitors: on what programs can run, by whom, for whom

    image:<name>           hash: digest and toolchain; or how far it is made       for ever
                           or why it could not be made                             10 minutes
    images                 counts the changes of any image                         for ever
    lock:<wish>            the packages to which what a program wanted led         1 day
    lock:<id>:<rev>:…      the packages with which a gist's program ran            as `ended`
    shared:<environment>   its digest in the deployment's registry of images       30 days
    sharing:<environment>  lock: a host puts it there                              11 minutes
    images:wanted          sorted set: images that a run waits for, by time        for ever
    worker:<name>          a worker's heartbeat                                    seconds
    workers                sorted set: workers by their last heartbeat             for ever, cut to 100 seconds
    leader:<role>          which process does what one process does for all        seconds
    instance               the installation's random name                          for ever
    written                a probe: Redis takes writes                             a minute
    visitor:…              the new runs that a visitor has started                 the rate's window
    streams:<visitor>      sorted set: the visitor's open streams, by lease        a minute
    viewers:<gist>         sorted set: visitors with an open page of it, by lease  10 seconds

Caches carry an expiry and may be evicted (`volatile-*`); the other keys carry none and must stay.
"""

from __future__ import annotations

import logging
from typing import cast

import redis

from gistrun.errors import StoreUnavailable
from gistrun.store.connection import BACKGROUND_PATIENCE_S, PATIENCE_S, Client, connect
from gistrun.store.ends import End, EndShelf
from gistrun.store.gist_records import Latest
from gistrun.store.gists import GistShelf
from gistrun.store.github import GitHubShelf
from gistrun.store.history import HistoryShelf, PastEnd
from gistrun.store.images import ImageShelf
from gistrun.store.keys import gist_stream, run_stream
from gistrun.store.missing import Missing, MissingShelf
from gistrun.store.packages import PackageShelf
from gistrun.store.refusals import code_of
from gistrun.store.rendered import RenderedShelf, Shown, Token
from gistrun.store.revisits import RevisitShelf
from gistrun.store.run_records import ActiveRun
from gistrun.store.runs import Requested, RunShelf
from gistrun.store.streams import Event, StreamShelf
from gistrun.store.turns import Job, TurnShelf
from gistrun.store.visitors import VisitorShelf
from gistrun.store.watches import Watched, Watching, WatchShelf
from gistrun.store.workers import WorkerShelf


class Store:
    """gistrun's memory: one shelf for each kind of thing.

    Raises:
        StoreUnavailable: by every method of every shelf, when Redis does not answer or refuses.
    """

    def __init__(self, client: Client, keep_bytes: int | None = None, active_bytes: int = 0) -> None:
        """
        Args:
            keep_bytes: what the results of one owner's gists may hold together; None for no limit.
            active_bytes: what runs that have not ended may hold together; 0 for no limit.
        """
        self.client = client
        self.missing = MissingShelf(client)
        self.gists = GistShelf(client, self.missing)
        self.streams = StreamShelf(client)
        self.history = HistoryShelf(client)
        self.ends = EndShelf(client, self.gists, self.streams, self.history, keep_bytes)
        self.runs = RunShelf(client, self.ends, active_bytes)
        self.turns = TurnShelf(client)
        self.watches = WatchShelf(client)
        self.revisits = RevisitShelf(client)
        self.rendered = RenderedShelf(client)
        self.github = GitHubShelf(client)
        self.images = ImageShelf(client)
        self.packages = PackageShelf(client)
        self.workers = WorkerShelf(client)
        self.visitors = VisitorShelf(client)

    def ping(self) -> None:
        """Return when Redis answers."""
        self.client.ping()

    def may_be_absent(self) -> None:
        """For a command that also works without Redis, and says so itself: that it does not answer is no trouble."""
        self.client.outage.level = logging.DEBUG

    def eviction_policy(self) -> str:
        """What Redis does when its memory is full (`maxmemory-policy`); "unknown" where it does not say."""
        return self._config("maxmemory-policy") or "unknown"

    def memory_limit(self) -> int:
        """Bytes that Redis may hold (`maxmemory`); 0 where it has no limit or does not say."""
        return int(self._config("maxmemory") or 0)

    def _config(self, name: str) -> str | None:
        try:
            return cast(dict[str, str], self.client.config_get(name)).get(name)
        except StoreUnavailable as error:
            reason = error.__cause__
            if isinstance(reason, redis.ResponseError) and code_of(reason) in (None, "NOPERM"):
                return None  # hosted servers forbid CONFIG
            raise


__all__ = [
    "BACKGROUND_PATIENCE_S",
    "PATIENCE_S",
    "ActiveRun",
    "End",
    "Event",
    "Job",
    "Latest",
    "Missing",
    "PastEnd",
    "Requested",
    "Shown",
    "Store",
    "Token",
    "Watched",
    "Watching",
    "connect",
    "gist_stream",
    "run_stream",
]
