"""Everything kept in Redis: gists, runs, their output, who is at work. Only this package and `jobs` import redis.

A module for each job; what it keeps, all under `gistrun:`, and for how long:

connection, keys: the client, and how keys are named

gists: at their revisions, the latest one known, and what GitHub has not

    gist:<id>              the latest revision known, GitHub's ETag, when asked    30 days
    gist:<id>:<sha>        a gist at a revision, whole                             30 days
    gist:<id>:events       stream: what open pages of the gist are told            1 day
    gist:<id>:keys         sorted set: every other key kept of the gist, by time   31 days
    missing:<id>[:<sha>]   hash: GitHub has no such gist (or no longer), since     by how often it was missing

runs: from a request to the end that is kept for it

    run:<id>               hash: json, attempt, worker, request, key, public,      as long as its end is kept
                           gist, lost, waiting, waited, visitor (the last until its end)
    run:<id>:events        stream: state, output and end events                    as long as the run
    active                 sorted set: runs not yet ended, by creation time        for ever
    under_way:<key>        the run under way for a request                         until its end
    shown:<key>            the run last ended for a request                        as long as the run
    kept:<identity>        the run whose end is kept for a program                 as long as the run
    recent                 list: the last public runs                              for ever, cut to length
    asked                  sorted set: languages, by when a run was last asked for for ever

streams: what happens, read along by many

    reader:<name>          stream: wakes a process' reader of runs' events         a minute

watches: which gists people look at, and how those are kept fresh

    looked                 sorted set: gists by when somebody looked last          for ever, cut to 7 days
    popular                sorted set: gists by how much they are looked at        as `looked`
    checked                sorted set: gists by when GitHub was asked last         as `looked`
    watching               hash: how many are watched, how often each is checked   a minute
    leader:<role>          who does what one process does for all                  seconds

revisits: what waits for GitHub to be asked again, and the webhook deliveries that lead to it

    revisits               sorted set: gists that wait for a revisit               for ever
    revisits:unknown       sorted set: gists never seen whose badge was shown      for ever, 1,000 at most
    readmes                sorted set: repositories whose README is to be read     for ever
    readme:<repository>    the gists whose badges it shows, and GitHub's ETag      30 days
    delivery:<id>          a webhook delivery was accepted                         3 days

rendered: pages and badges as they are sent

    rendered:<id>          hash: pages and badges of the gist as they are sent     as long as true, a day at most

ledger: GitHub's budget, and who asks GitHub now

    looking:<id>           somebody asks GitHub for the gist                       75 seconds
    github:<account>       hash: GitHub's budget, and until when not to ask        2 hours
    github:<account>:visitors, :turn   who asks GitHub now                         75 seconds
    github:<account>:visits            counts who asked                            1 day
    github_note:…          a refusal, or an owner's list, with GitHub's ETag       1 day, 7 days

languages, workers: what can be run, and by whom

    language:<name>        hash: image and toolchain, or why it is broken          for ever
    languages              counts the changes of any language                      for ever
    worker:<name>          a worker's sign of life                                 seconds
    instance               the installation's random name                          for ever

Kept by others: `visitor:…`, the new runs a visitor has started, for the rate's window (the library `limits`); the queue
and its fair order (`gistrun.jobs`).

Caches carry an expiry and may be evicted (`volatile-*`); the others carry none and must stay.
"""

from gistrun.store.connection import UNREACHABLE, connect
from gistrun.store.gists import Gists, Latest, Missing
from gistrun.store.keys import gist_stream, run_stream
from gistrun.store.languages import Languages
from gistrun.store.ledger import Ledger
from gistrun.store.rendered import Mark, Rendered, Shown
from gistrun.store.revisits import Revisits
from gistrun.store.runs import Requested, Runs, Standing
from gistrun.store.streams import Event
from gistrun.store.watches import Watched, Watches, Watching
from gistrun.store.workers import Workers


class Store(Gists, Runs, Watches, Revisits, Rendered, Ledger, Languages, Workers):
    """gistrun's memory. Raises one of `UNREACHABLE` when Redis does not answer."""


__all__ = [
    "UNREACHABLE",
    "Event",
    "Latest",
    "Mark",
    "Missing",
    "Requested",
    "Shown",
    "Standing",
    "Store",
    "Watched",
    "Watching",
    "connect",
    "gist_stream",
    "run_stream",
]
