"""The story of a run: a visitor opens it, a worker executes it, and it is kept for the next visitor.

Pages, the API, badges, webhooks and the watcher open runs here; a worker executes them (`execution`). This page knows
no HTTP and no SDK.

    open ─ gist ─ choose ─ kept? ─ yes: show it
                            └ no: create, enqueue ~~~ execute ─ sandbox ─ store.append … store.finish

    a view, a delivery, the watcher ~~~ revisit ─ GitHub ─ changed? ─ yes: choose ─ kept? ─ as above
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from gistrun.errors import GitHubUnavailable, NothingToRun, Refused, StoreReadOnly, TooLarge
from gistrun.freshness.gists import Gists
from gistrun.freshness.results import with_stale_result
from gistrun.line import Line
from gistrun.model import Gist, Opened, Outcome, Program, Run, State, Visit, request_key
from gistrun.offer import Offer
from gistrun.recovery import Queue
from gistrun.stopping import Stopping
from gistrun.store import ActiveRun, Requested, Store

log = logging.getLogger(__name__)

#: What a page says whose program cannot be run again just now.
EARLIER = "This server can keep nothing new just now, so it shows the last result, which an earlier toolchain gave."


class Runs:
    """Opens runs for visitors, and for gists that changed."""

    def __init__(
        self,
        gists: Gists,
        store: Store,
        queue: Queue,
        offer: Offer,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self.gists = gists
        self.stopping, self.line = Stopping(store, queue, now), Line(queue)
        self._store = store
        self._queue = queue
        self._offer = offer
        self._now = now
        self._new_id = new_id

    def open(self, visit: Visit) -> Opened:
        """The gist with its run: the kept one, the one under way, or a new one.

        Raises:
            NotFound, BadInput: no such gist, revision or file. TooManyRuns, QueueFull: no new run is taken now.
            GitHubUnavailable: nothing is kept of the gist. StoreUnavailable
        """
        gist, notice = self.gists.get(visit.gist, visit.revision, fresh=visit.fresh)
        opened = self._run(gist, visit)
        return replace(opened, notice=opened.notice or notice)

    def revisit(self, gist_id: str) -> None:
        """Ask GitHub for the gist, and run what changed. A view, a delivery and the watcher lead here.

        When GitHub does not answer, the pages of the gist say so, and the next view asks again.
        """
        try:
            gist = self.gists.refresh(gist_id) or with_stale_result(self._store, gist_id, self._now())
            if gist:
                self._run(gist, Visit(gist_id))
        except (Refused, GitHubUnavailable) as reason:
            log.debug("Gist %s was revisited: %s", gist_id, reason)

    def start(self, gist: Gist, visit: Visit) -> None:
        """Start a run for a badge or a picture that has no result to show."""
        with suppress(Refused):
            self._run(gist, visit)

    def _run(self, gist: Gist, visit: Visit) -> Opened:
        try:
            program = self._offer.choose(gist, visit.request)
        except (NothingToRun, TooLarge) as refusal:
            return Opened(gist, refusal=refusal)
        key = request_key(gist.id, gist.revision, visit.request)
        known = self._store.runs.requested(key, self._offer.image(program))
        if known.under_way:
            if visit.visitor and not known.under_way.visitor:
                with suppress(StoreReadOnly):  # it is shown as it stands
                    self._queue.promote(known.under_way.job, visit.visitor)
            return Opened(gist, known.under_way.run)
        if not visit.rerun and (kept := self._kept(gist, key, program, known, visit)):
            return Opened(gist, kept, cached=True)
        try:
            if visit.rerun and visit.todays_packages:
                self._store.packages.forget(gist, program)
            visit.admit()  # a new run counts against the visitor's rate; a kept or joined one does not
            return Opened(gist, self._create(gist, key, program, known, visit))
        except StoreReadOnly:
            earlier = known.last_ended
            if visit.rerun or earlier is None or earlier.state is State.ERROR:
                raise
            return Opened(gist, earlier, cached=True, notice=EARLIER)

    def _kept(self, gist: Gist, key: str, program: Program, known: Requested, visit: Visit) -> Run | None:
        """The last result of this request, or else the result of the same program in another gist or revision."""
        ready, ended = known.ready, known.last_ended
        # A pinned revision never changes. Otherwise a new image makes the result out of date, once it is ready.
        current = visit.revision is not None or ready is None or (ended is not None and ended.image == ready.digest)
        if ended and ended.state is not State.ERROR and current:
            with suppress(StoreReadOnly):
                self._store.ends.keep_longer(ended, key)
            return ended
        if ready is None:
            return None
        locked = replace(program, lock=self._store.packages.lock_of(gist, program))
        same = self._store.ends.of_program(self._offer.identity(locked, ready.digest))
        if same is None:
            return None
        # A run of its own: the other gist may be a secret one.
        own = replace(same, id=self._new_id(), gist=gist.id, revision=gist.revision)
        try:
            return own if self._store.ends.copy(same.id, own, key, gist) else None
        except StoreReadOnly:
            return same if (same.gist, same.revision) == (gist.id, gist.revision) else None

    def _create(self, gist: Gist, key: str, program: Program, known: Requested, visit: Visit) -> Run:
        preparing = f"{self._offer.title(program)} is being prepared on this server, which takes about a minute."
        queued = Outcome(State.QUEUED, message=None if known.ready else preparing)
        run = Run.of(program, gist, self._new_id(), self._now(), queued)
        new = ActiveRun(run, visit.request, key, self._offer.image(program), attempt=1, visitor=visit.visitor)
        created = self._store.runs.create(new, gist.public)
        # Otherwise another visitor was first, or `recovery` queues it when the image is ready.
        if created.id == run.id:
            if known.ready:
                self._queue.execute(new.job, visit.visitor)
            else:
                self._store.images.want(new.image)
        return created
