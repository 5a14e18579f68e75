"""The story of a run: opened by a visitor, executed by a worker, kept for the next visitor.

Every way in ends here: pages, the API, webhooks, the worker. No HTTP and no SDK on this page.

    open ─ gist ─ choose ─ kept? ─ yes: show it
                            └ no: create, enqueue ~~~ execute ─ sandbox ─ store.append … store.finish
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, cast

from gistrun import languages
from gistrun.errors import GitHubUnavailable, Interrupted, NotFound, NothingToRun, Refused, SandboxUnavailable, TooLarge
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
from gistrun.store import UNREACHABLE, Requested, Store

log = logging.getLogger(__name__)

#: A run whose worker was lost is taken up again, this often in all.
ATTEMPTS = 3

SandboxEvent = SandboxTaken | PhaseStarted | Output | Outcome


class GitHub(Protocol):
    """Where gists come from."""

    def fetch(self, gist_id: str, revision: str | None = None, etag: str | None = None) -> Gist | None:
        """The gist (latest revision unless one is named), or None when it still matches `etag`.

        Raises:
            NotFound, BadInput, TooLarge, GitHubUnavailable
        """


class Queue(Protocol):
    """Where work waits for a worker."""

    def execute(self, run_id: str, attempt: int, visitor: str = "") -> None:
        """Have a worker execute the run in its visitor's turn; asking twice for one attempt is asking once."""

    def look(self, gist_id: str) -> None:
        """Have a worker look at the gist again."""

    def lost(self, run_id: str, attempt: int) -> bool:
        """True when nobody will come to execute that attempt any more."""


class Sandboxes(Protocol):
    """Where programs run."""

    def run(self, program: Program) -> Generator[SandboxEvent]:
        """One program in a sandbox of its own: SandboxTaken, then phases and output, an Outcome last.

        Closing it does away with the sandbox.

        Raises:
            SandboxUnavailable: no sandbox could be had, or it broke before it told how the program ended.
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
        github: GitHub,
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
        look: bool = False,
        admit: Callable[[], str] = lambda: "",
    ) -> Opened:
        """The gist with its run: the kept one, the one under way, or a new one.

        Args:
            revision: pins one; None is the latest.
            rerun: run again although a result is kept; the kept one stays until the new one has ended.
            look: ask GitHub even if it was asked a moment ago.
            admit: called before a new run is created; names who waits for it, since visitors take turns and nobody's
                runs come last; raises TooManyRuns to refuse it.

        Raises:
            NotFound, BadInput, TooManyRuns, GitHubUnavailable (nothing cached), StoreUnavailable
        """
        gist, notice = self.gist(gist_id, revision, look=look)
        request = request or Request()
        try:
            program = languages.choose(gist, request, self._languages)
            self._check_size(program)
        except (NothingToRun, TooLarge) as refusal:
            return Opened(gist, refusal=refusal, notice=notice)
        key = request_key(gist.id, gist.revision, request)
        known = self._store.requested(key, program.language)
        if known.under_way:
            return Opened(gist, known.under_way, notice=notice)
        if not rerun and (kept := self._kept(gist, key, program, known, pinned=revision is not None)):
            return Opened(gist, kept, cached=True, notice=notice)
        visitor = admit()
        return Opened(gist, self._create(gist, key, request, program, known.ready, visitor), notice=notice)

    def gist(self, gist_id: str, revision: str | None = None, *, look: bool = False) -> tuple[Gist, str | None]:
        """The gist, and a notice where it may be stale.

        A pinned revision is asked for once; the latest again after the check interval, conditionally.

        Raises:
            NotFound, TooLarge, GitHubUnavailable
        """
        cached = self._store.gist(gist_id, revision)
        if cached and not look and self._is_fresh(cached, pinned=revision is not None):
            return cached, cached.notice
        with self._store.looking(gist_id, revision):
            known = self._store.gist(gist_id, revision)
            if known and known != cached and self._is_fresh(known, pinned=revision is not None):
                return known, known.notice  # somebody else looked while we waited
            return self._look(gist_id, revision, known)

    def _look(self, gist_id: str, revision: str | None, cached: Gist | None) -> tuple[Gist, str | None]:
        try:
            gist = self._github.fetch(gist_id, revision, cached.etag if cached else None)
        except NotFound:
            if revision is None:  # else anybody could make a gist disappear by asking for a revision it never had
                self._store.forget_gist(gist_id)
            raise
        except GitHubUnavailable as error:
            if cached is None:
                raise
            return cached, f"{error} Shown is the gist as it was {self._age(cached)}."
        if gist is None and cached is None:
            raise GitHubUnavailable("GitHub answered that nothing has changed, but nothing was known.", retry_after=5)
        gist = replace(gist or cast(Gist, cached), checked_at=self._now())
        self._store.put_gist(gist, pinned=revision is not None)
        return gist, gist.notice

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
        run, request, gist = begun
        program = None
        with contextlib.ExitStack() as sandbox:
            try:
                if gist is None:
                    raise SandboxUnavailable("The gist was no longer stored when its turn came. Run it again.")
                program = languages.choose(gist, replace(request, file=run.file), self._languages)
                # Done away with at the very end, when everybody has been told.
                events = sandbox.enter_context(contextlib.closing(sandboxes.run(program)))
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
                self._again(run, attempt)
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

    def look(self, gist_id: str) -> None:
        """Ask GitHub for the gist and run it if that state has not been run. What a webhook and a badge lead to."""
        # What is refused needs no run; when GitHub is not there the hint is lost, and the next visit asks again.
        with contextlib.suppress(Refused, GitHubUnavailable):
            self.open(gist_id, look=True)

    def hint(self, gist_id: str, request: Request) -> None:
        """A badge of the gist was shown: have a worker look at it, at most once per check interval.

        What a look runs is the file that the rules choose; another one is run from what is stored.
        """
        if not self._store.first_hint(request_key(gist_id, "", request), int(self._fresh_for.total_seconds())):
            return
        self._queue.look(gist_id)
        if request == Request() or (gist := self._store.gist(gist_id)) is None:
            return
        try:
            program = languages.choose(gist, request, self._languages)
            self._check_size(program)
        except Refused:
            return
        key = request_key(gist.id, gist.revision, request)
        known = self._store.requested(key, program.language)
        if not self._kept(gist, key, program, known, pinned=False):
            self._create(gist, key, request, program, known.ready, visitor="")

    def recover(self) -> None:
        """Take up what nobody works on: runs whose worker is gone, whose job was lost, whose language has become ready.

        Called every second or so by one process.
        """
        for run, attempt, worker in self._store.active():
            if run.state is State.RUNNING or worker:
                if worker and self._store.is_alive(worker):
                    continue
                self._again(run, attempt)
            elif not self._store.ready_language(run.language):
                reason = self._store.broken_language(run.language)
                if reason:
                    self._store.finish(run.ended(Outcome(State.ERROR, message=reason), self._now()), attempt, None)
            elif self._queue.lost(run.id, attempt):
                self._queue.execute(run.id, attempt, self._store.visitor(run.id))

    def _again(self, run: Run, attempt: int) -> None:
        if attempt >= ATTEMPTS:
            message = f"The worker was lost while running this, {ATTEMPTS} times. Run it again in a while."
            self._store.finish(run.ended(Outcome(State.ERROR, message=message), self._now()), attempt, None)
            return
        message = "The worker was lost while running this; it starts over."
        queued = replace(run, started_at=None, outcome=Outcome(State.QUEUED, message=message))
        if self._store.restart(queued, attempt):
            self._queue.execute(run.id, attempt + 1, self._store.visitor(run.id))
