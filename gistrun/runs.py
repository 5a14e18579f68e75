"""The story of a run: opened by a visitor, executed by a worker, kept for the next visitor.

Every way in ends here: pages, the API, webhooks, the watcher, the worker. No HTTP and no SDK on this page.

    open ─ gist ─ choose ─ kept? ─ yes: show it
                            └ no: create, enqueue ~~~ execute ─ sandbox ─ store.append … store.finish

    looked, a delivery, the watcher ~~~ revisit ─ GitHub ─ changed? ─ yes: choose ─ kept? ─ as above
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from gistrun import languages
from gistrun.errors import (
    EngineUnavailable,
    GitHubUnavailable,
    Gone,
    Interrupted,
    NotFound,
    NothingToRun,
    Refused,
    SandboxUnavailable,
    TooLarge,
)
from gistrun.languages import Language
from gistrun.model import (
    Gist,
    Limits,
    Outcome,
    Output,
    PhaseStarted,
    Program,
    ReadyLanguage,
    Request,
    Run,
    SandboxTaken,
    State,
    identity,
    request_key,
)
from gistrun.store import UNREACHABLE, Requested, Standing, Store

log = logging.getLogger(__name__)

#: A run whose worker or engine was lost in the middle is taken up again, this often in all.
ATTEMPTS = 3
#: Seconds that a run waits for the engine in all, before it is given up.
ENGINE_AWAITED_S = 60
#: A person who comes again for a gist that GitHub did not have is asked for again after this time.
_MISSING_FOR = timedelta(minutes=1)

SandboxEvent = SandboxTaken | PhaseStarted | Output | Outcome


class Gists(Protocol):
    """Where gists come from."""

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        """The gist (latest revision unless one is named), or None when it still matches `etag`.

        Args:
            background: nobody waits for it: it waits its turn, yields to visitors and leaves them a part of the budget.

        Raises:
            Gone (with an `etag` also for a 404), NotFound, BadInput, TooLarge, GitHubUnavailable
        """


class Queue(Protocol):
    """Where work waits for a worker."""

    def execute(self, run_id: str, attempt: int, visitor: str = "") -> None:
        """Have a worker execute the run in its visitor's turn; asking twice for one attempt is asking once."""

    def lost(self, run_id: str, attempt: int) -> bool:
        """True when nobody will come to execute that attempt any more."""


class Sandboxes(Protocol):
    """Where programs run."""

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """One program in a sandbox of its own: SandboxTaken, then phases and output, an Outcome last.

        Closing it does away with the sandbox.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it told how the program ended.
            EngineUnavailable: the same, because the engine can run nothing now.
            Interrupted: the same, because the worker is to stop.
        """


@dataclass(frozen=True, slots=True)
class Opened:
    """What a visitor is shown."""

    gist: Gist
    #: The run to show: kept, under way or just created; None when nothing can be run.
    run: Run | None = None
    #: True when the run had ended before this visit.
    cached: bool = False
    #: Why nothing is run, when nothing is.
    refusal: Refused | None = None
    #: What the visitor should know about the gist shown, such as that GitHub is down and how old this is.
    notice: str | None = None


class Runs:
    """Opens, executes and recovers runs."""

    def __init__(
        self,
        github: Gists,
        store: Store,
        queue: Queue,
        known: dict[str, Language],
        limits: Limits,
        check_interval: int,
        now: Callable[[], datetime],
        new_id: Callable[[], str],
    ) -> None:
        self._github = github
        self._store = store
        self._queue = queue
        self._languages = known
        self._limits = limits
        self._fresh_for = timedelta(seconds=check_interval)
        self._now = now
        self._new_id = new_id

    # A visitor comes

    def open(
        self,
        gist_id: str,
        revision: str | None = None,
        request: Request | None = None,
        *,
        rerun: bool = False,
        fresh: bool = False,
        admit: Callable[[], str] = lambda: "",
    ) -> Opened:
        """The gist with its run: the kept one, the one under way, or a new one.

        Args:
            revision: pins one; None is the latest.
            rerun: run again although a result is kept; the kept one stays until the new one has ended.
            fresh: as `gist` takes it.
            admit: called before a new run is created; names who waits for it, since visitors take turns and nobody's
                runs come last; raises TooManyRuns to refuse it.

        Raises:
            NotFound, BadInput, TooManyRuns, GitHubUnavailable (nothing cached), StoreUnavailable
        """
        gist, notice = self.gist(gist_id, revision, fresh=fresh)
        return self._run(gist, notice, request or Request(), rerun=rerun, pinned=revision is not None, admit=admit)

    def _run(
        self, gist: Gist, notice: str | None, request: Request, *, rerun: bool, pinned: bool, admit: Callable[[], str]
    ) -> Opened:
        try:
            program = languages.choose(gist, request, self._languages)
            self._check_size(program)
        except (NothingToRun, TooLarge) as refusal:
            return Opened(gist, refusal=refusal, notice=notice)
        key = request_key(gist.id, gist.revision, request)
        known = self._store.requested(key, program.language)
        if known.under_way:
            return Opened(gist, known.under_way, notice=notice)
        if not rerun and (kept := self._kept(gist, key, program, known, pinned)):
            return Opened(gist, kept, cached=True, notice=notice)
        visitor = admit()
        return Opened(gist, self._create(gist, key, request, program, known.ready, visitor), notice=notice)

    def gist(self, gist_id: str, revision: str | None = None, *, fresh: bool = False) -> tuple[Gist, str | None]:
        """The gist as it is known, at once, and a notice where it may be stale; one never seen is asked for.

        Args:
            revision: pins one, which never changes.
            fresh: for an answer that cannot correct itself later: GitHub is asked first, if the last time is longer
                ago than the check interval; the known gist is the answer only where GitHub gives none.

        Raises:
            NotFound, TooLarge, GitHubUnavailable
        """
        known = self._known(gist_id, revision)
        if known is None or (fresh and not self._is_fresh(known, pinned=revision is not None)):
            known = self._ask_once(gist_id, revision, known)
        self.looked(gist_id)
        return known, self._notice(known, pinned=revision is not None)

    def looked(self, gist_id: str) -> None:
        """Somebody looks at this gist, or at its badge, just now.

        The watcher remembers it, and a revisit is queued when GitHub was asked longer ago than the check interval, once
        per interval over all processes. One never seen waits until the watcher finds that the budget bears it. One
        round trip to Redis.
        """
        self._store.looked(gist_id, self._now(), self._fresh_for.total_seconds())

    def run_shown(self, gist: Gist, request: Request) -> None:
        """A badge shows a request of which no end is kept any more: have it run."""
        with suppress(Refused):
            self._run(gist, None, request, rerun=False, pinned=False, admit=lambda: "")

    # GitHub is asked

    def revisit_soon(self, gist_id: str) -> None:
        """Have the gist revisited by the next one who is free; it waits once, however often it is asked for."""
        self._store.want_revisit(gist_id, self._now())

    def revisit(self, gist_id: str) -> None:
        """Ask GitHub for the gist, and run what changed. What a look, a delivery and the watcher lead to.

        What is unchanged does not run again, unless its last end was our own fault or had another toolchain. When
        GitHub does not answer, the pages of the gist say so, and the next look asks again.
        """
        before = self._store.latest(gist_id)
        try:
            with self._store.looking(gist_id):
                gist = self._fetch(gist_id, None, background=True)
            if gist is None or (before and before.revision == gist.revision):
                gist = self._to_run_again(gist_id)
            if gist:
                self._run(gist, None, Request(), rerun=False, pinned=False, admit=lambda: "")
        except (Refused, GitHubUnavailable) as reason:
            log.debug("Gist %s was revisited: %s", gist_id, reason)

    def _to_run_again(self, gist_id: str) -> Gist | None:
        """The unchanged gist, if its last end does not count any more.

        Not if that merely is kept no longer: a program that always times out would run for ever, for nobody.
        """
        latest = self._store.latest(gist_id)
        shown = self._store.shown(request_key(gist_id, latest.revision, Request())) if latest else None
        if shown is None:
            return None
        ready = self._store.ready_language(shown.language)
        stale = shown.state is State.ERROR or (ready is not None and ready.image != shown.image)
        return self._store.gist(gist_id) if stale else None

    def _known(self, gist_id: str, revision: str | None) -> Gist | None:
        """What is stored; None where GitHub may be asked.

        Raises:
            NotFound: it said a moment ago that there is none.
        """
        if known := self._store.gist(gist_id, revision):
            return known
        missing = self._store.missing(gist_id, revision)
        if missing and self._now() - missing.asked_at < _MISSING_FOR:
            raise missing.error()
        return None

    def _ask_once(self, gist_id: str, revision: str | None, known: Gist | None) -> Gist:
        """Of many who come at the same time, one asks and the others take what it was told."""
        with self._store.looking(gist_id):
            now_known = self._known(gist_id, revision)
            if now_known and now_known != known:
                return now_known
            try:
                gist = self._fetch(gist_id, revision, background=False) or self._store.gist(gist_id)
            except GitHubUnavailable:
                if now_known is None:
                    raise
                gist = self._store.gist(gist_id, revision)
        if gist := gist or now_known:
            return gist
        raise GitHubUnavailable("The gist was stored no longer when it was asked for. Try again.", retry_after=1)

    def _fetch(self, gist_id: str, revision: str | None, background: bool) -> Gist | None:
        """Ask GitHub, whatever is known, and keep what it says; None when what is stored is the latest.

        Held meanwhile: `Store.looking`.
        """
        latest = None
        asked_at = self._now()  # what GitHub says was so then, and may not be when it has said it
        if revision is None:
            self._store.asked([gist_id], asked_at)
            latest = self._store.latest(gist_id)
        try:
            gist = self._github.fetch(gist_id, revision, latest.etag if latest else None, background=background)
        except NotFound as error:
            if revision is None and (latest or isinstance(error, Gone)):
                sentence = str(error) if isinstance(error, Gone) and error.taken_down else _deleted(gist_id)
                self._store.forget_gist(gist_id, sentence, self._now())
                raise Gone(sentence) from error
            # A revision is remembered for itself: else anybody could make a gist disappear by asking for one.
            self._store.put_missing(gist_id, revision, str(error), self._now(), gone=False)
            raise
        except (GitHubUnavailable, Refused) as error:  # refused: the latest revision is not one that can be kept here
            if latest:
                self._store.confirm_gist(gist_id, None, trouble=str(error))
            raise
        if gist is None:
            self._store.confirm_gist(gist_id, asked_at)
            return None
        gist = replace(gist, checked_at=asked_at)
        self._store.put_gist(gist, pinned=revision is not None)
        return gist

    def _notice(self, gist: Gist, pinned: bool) -> str | None:
        if gist.trouble and not pinned:
            return f"{gist.trouble} Shown is the gist as it was {self._age(gist)}."
        return gist.notice

    def _is_fresh(self, gist: Gist, pinned: bool) -> bool:
        return pinned or (gist.checked_at is not None and self._now() - gist.checked_at < self._fresh_for)

    def _age(self, gist: Gist) -> str:
        if gist.checked_at is None:
            return "at some earlier time"
        minutes = int((self._now() - gist.checked_at).total_seconds() // 60)
        return "less than a minute ago" if minutes < 1 else f"{minutes} minute{'s' if minutes > 1 else ''} ago"

    def _check_size(self, program: Program) -> None:
        # Half of the writable space: a program needs room to work in.
        room = self._languages[program.language].lowered(self._limits).disk_bytes // 2
        size = sum(file.size for file in program.files) + len(program.stdin)
        if size > room:
            raise TooLarge(f"The gist and its input hold {size:,} bytes; a sandbox takes {room:,}.")

    def _kept(self, gist: Gist, key: str, program: Program, known: Requested, pinned: bool) -> Run | None:
        """The result kept for this request, or one that the same program had in another gist or revision."""
        ready, shown = known.ready, known.shown
        if shown and shown.state is not State.ERROR and (pinned or ready is None or shown.image == ready.image):
            return shown
        if ready is None:
            return None
        same = self._store.kept(self._identity(program, ready.image))
        if same is None:
            return None
        # A run of its own: the other gist may be a secret one.
        own = replace(same, id=self._new_id(), gist=gist.id, revision=gist.revision)
        return own if self._store.copy(same.id, own, key, public=gist.public) else None

    def _identity(self, program: Program, image: str) -> str:
        return identity(program, image, self._languages[program.language].lowered(self._limits))

    def _create(
        self, gist: Gist, key: str, request: Request, program: Program, ready: ReadyLanguage | None, visitor: str
    ) -> Run:
        title = self._languages[program.language].title
        run = Run(
            id=self._new_id(),
            gist=gist.id,
            revision=gist.revision,
            file=program.file,
            language=program.language,
            created_at=self._now(),
            args=program.args,
            stdin_bytes=len(program.stdin),
            outcome=Outcome(
                State.QUEUED, message=None if ready else f"{title} is still being prepared on this server."
            ),
        )
        created = self._store.create(run, key, request, gist.public, visitor)
        if created.id == run.id and ready:
            self._queue.execute(run.id, 1, visitor)
        return created

    # A worker comes

    def execute(self, run_id: str, attempt: int, worker: str, sandboxes: Sandboxes) -> None:
        """Run it: every event into the store as it happens, the end with all it means for the caches.

        Does nothing when the attempt is no longer the one that counts: a lost worker that comes back cannot write.
        Whatever goes wrong, the run ends, unless the store cannot be told.

        Raises:
            one of store.UNREACHABLE
        """
        begun = self._store.begin(run_id, attempt, worker)
        if begun is None:
            return
        standing, gist = begun
        run = standing.run
        program = None
        with ExitStack() as sandbox:
            try:
                if gist is None:
                    raise SandboxUnavailable("The gist was no longer stored when its turn came. Run it again.")
                program = languages.choose(gist, replace(standing.request, file=run.file), self._languages)
                # Done away with at the very end, when everybody has been told.
                events = sandbox.enter_context(closing(sandboxes.run(program)))
                outcome = None
                for event in events:
                    alive = True
                    match event:
                        case SandboxTaken():
                            started = self._now()
                            run = replace(run, image=event.image, toolchain=event.toolchain, started_at=started)
                            run = replace(run, outcome=Outcome(State.RUNNING))
                            alive = self._store.started(run, attempt)
                        case Output():
                            alive = self._store.append(run.id, attempt, event)
                        case Outcome():
                            outcome = event
                            break
                    if not alive:
                        return
                if outcome is None:
                    raise SandboxUnavailable("The sandbox ended without telling how the program did.")
            except Interrupted:
                self._again(replace(standing, run=run))
                return
            except EngineUnavailable:
                self._wait_for_engine(replace(standing, run=run), in_the_middle=run.state is State.RUNNING)
                return
            except (SandboxUnavailable, Refused) as error:
                outcome = Outcome(State.ERROR, message=str(error))
            except UNREACHABLE:
                raise
            except Exception:
                log.exception("Run %s broke", run.id)
                message = "Something in gistrun broke while running this; its log says what. Run it again in a while."
                outcome = Outcome(State.ERROR, message=message)
            ended = run.ended(outcome, self._now())
            name = self._identity(program, run.image) if program and run.image else None
            self._store.finish(ended, attempt, name)

    def recover(self) -> None:
        """Take up what nobody works on: runs whose worker is gone, whose job was lost, whose language has become ready,
        whose engine answers again.

        Called every second or so by one process.
        """
        for standing in self._store.active():
            run, attempt, worker = standing.run, standing.attempt, standing.worker
            if run.state is State.RUNNING or worker:
                if worker and self._store.is_alive(worker):
                    continue
                self._again(standing)
            elif not self._store.ready_language(run.language):
                reason = self._store.broken_language(run.language)
                if reason:
                    self._store.finish(run.ended(Outcome(State.ERROR, message=reason), self._now()), attempt, None)
            elif standing.waiting is not None:
                self._await_engine(standing, self._now().timestamp() - standing.waiting)
            elif self._queue.lost(run.id, attempt):
                self._queue.execute(run.id, attempt, standing.visitor)

    def _again(self, standing: Standing) -> None:
        if standing.lost + 1 >= ATTEMPTS:
            self._give_up(standing, f"The worker was lost while running this, {ATTEMPTS} times.")
        elif self._requeue(standing, "The worker was lost while running this; it starts over.", standing.lost + 1):
            self._queue.execute(standing.run.id, standing.attempt + 1, standing.visitor)

    def _wait_for_engine(self, standing: Standing, in_the_middle: bool) -> None:
        """Back into line, but for no worker: `recover` queues it once the engine answers."""
        lost = standing.lost + in_the_middle
        if lost >= ATTEMPTS:
            self._give_up(standing, f"The Docker engine was lost while running this, {ATTEMPTS} times.")
        else:
            message = "The Docker engine does not answer; waiting for it."
            self._requeue(standing, message, lost, waiting=self._now().timestamp())

    def _await_engine(self, standing: Standing, seconds: float) -> None:
        waited = standing.waited + seconds
        if waited >= ENGINE_AWAITED_S:
            self._give_up(standing, f"The Docker engine did not answer for {ENGINE_AWAITED_S} s.")
        elif self._store.engine_answers() and self._store.waited(standing.run, standing.attempt, waited):
            self._queue.execute(standing.run.id, standing.attempt, standing.visitor)

    def _requeue(self, standing: Standing, message: str, lost: int, waiting: float | None = None) -> bool:
        queued = replace(standing.run, started_at=None, outcome=Outcome(State.QUEUED, message=message))
        return self._store.restart(queued, standing.attempt, lost, waiting)

    def _give_up(self, standing: Standing, reason: str) -> None:
        outcome = Outcome(State.ERROR, message=f"{reason} Run it again in a while.")
        self._store.finish(standing.run.ended(outcome, self._now()), standing.attempt, None)


def _deleted(gist_id: str) -> str:
    return (
        f"Gist {gist_id} was deleted at GitHub, or is not to be seen there any more."
        " What was kept of it here is removed. Should it come back there, open this page again."
    )
