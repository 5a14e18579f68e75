"""`gistrun run`: a program in a sandbox, on the terminal, without the service."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from gistrun import languages
from gistrun.address import Address, revision_of
from gistrun.app import App
from gistrun.checking import CheckingSandboxes
from gistrun.errors import BadInput, NotFound, StoreUnavailable
from gistrun.explaining import ExplainingSandboxes
from gistrun.model import Gist, GistFile, Outcome, Output, Phase, Program, Request, Sandboxes, State, Stream
from gistrun.offer import Offer
from gistrun.packages.memory import Forgetful, Memory
from gistrun.pasted import parse
from gistrun.render.terminal import Cleaner, plain
from gistrun.sandbox.owner import Owner

#: As timeout(1), env(1) and a shell would exit.
_STATUS = {State.TIMED_OUT: 124, State.ERROR: 125, State.OUT_OF_MEMORY: 137, State.OUTPUT_LIMIT: 1}


def run(app: App, target: str, file: str | None, args: list[str], stdin: str | None) -> int:
    """Run a gist or a local path; returns the exit status.

    Raises:
        Refused: no such gist or file, or nothing to run. Unavailable: GitHub or the engine does not answer.
    """
    path = Path(target)
    if path.exists():
        gist, named = _local(path), path.name if path.is_file() else None
    else:
        address = parse(target)
        gist, named = _fetch(app, address), address.file
    file = file or named
    program = languages.choose(gist, Request(file, tuple(args), _stdin(stdin)), app.languages)
    offer = Offer(app.languages, app.settings.limits)
    with terminal_sandboxes(app) as sandboxes:
        checking = CheckingSandboxes(sandboxes, offer.version_of, offer.limits)
        outcome = _show(ExplainingSandboxes(checking, offer.version_of, offer.limits), program)
    if outcome.checks:
        print(f"gistrun: checks passed: {outcome.checks.passed}, failed: {outcome.checks.failed}", file=sys.stderr)
    if outcome.message:
        print(f"gistrun: {outcome.message}", file=sys.stderr)
    for hint in outcome.hints:
        print(f"gistrun: {hint.text}", file=sys.stderr)
    if outcome.state in _STATUS:
        return _STATUS[outcome.state]
    if outcome.signal:
        return 128 + int(signal.Signals[outcome.signal])
    if outcome.exit_code == 0 and outcome.state is State.FAILED:  # it ended well, but a check failed
        return 1
    return outcome.exit_code if outcome.exit_code is not None else 126


@contextmanager
def plain_sandboxes(app: App) -> Iterator[Sandboxes]:
    """Sandboxes of this terminal without packages, for what proves an image as it is."""
    owner = Owner("terminal", f"terminal-{os.getpid()}")
    with app.network(), closing(app.sandboxes(app.engine(), owner)) as pool:
        yield pool


@contextmanager
def terminal_sandboxes(app: App) -> Iterator[Sandboxes]:
    """Sandboxes for programs of this terminal."""
    # An installation of its own: no service's sweeper knows it. Its sandbox ends with this process.
    owner = Owner("terminal", f"terminal-{os.getpid()}")
    engine = app.engine()
    with (
        app.network(),
        closing(app.sandboxes(engine, owner)) as pool,
        closing(app.installing(engine, owner, pool, memory(app))) as sandboxes,
    ):
        yield sandboxes


def memory(app: App) -> Memory:
    """What a running service remembers of packages, or nothing."""
    app.store.may_be_absent()
    try:
        app.store.ping()
    except StoreUnavailable:
        return Forgetful()
    return app.store.packages


def _show(sandboxes: Sandboxes, program: Program) -> Outcome:
    outcome = Outcome(State.ERROR, message="The sandbox ended without reporting how the program ended.")
    cleaners = {stream: Cleaner() for stream in Stream}
    #: What the installer said. A file or a pipe gets what the program wrote, and this only where there is no program.
    installing = ""
    for event in sandboxes.run(program):
        if isinstance(event, Output):
            stream = sys.stdout if event.stream is Stream.STDOUT else sys.stderr
            if event.phase is Phase.INSTALL and not stream.isatty():
                installing += event.data
                continue
            # Programs are told to colour; a file or a pipe gets plain text.
            stream.write(event.data if stream.isatty() else cleaners[event.stream].feed(event.data))
            stream.flush()
        elif isinstance(event, Outcome):
            outcome = event
            sys.stderr.write(plain(installing) if event.phase is Phase.INSTALL else "")
    return outcome


def _fetch(app: App, address: Address) -> Gist:
    gists = app.github_for_a_command().gists
    fetched: dict[str | None, Gist] = {}

    def get(revision: str | None) -> Gist:
        gist = fetched.get(revision) or gists.fetch(address.gist, revision)
        if gist is None:
            raise NotFound(f"GitHub has no gist {address.gist}.")
        fetched[revision] = gist
        return gist

    return get(revision_of(address, get))


def _local(path: Path) -> Gist:
    paths = [path] if path.is_file() else sorted(p for p in path.iterdir() if p.is_file())
    if not paths:
        raise BadInput(f"{path} holds no files.")
    try:
        files = tuple(GistFile(p.name, p.read_bytes()) for p in paths)
    except OSError as error:
        raise BadInput(f"{error.filename} cannot be read: {error.strerror}.") from error
    return Gist(id="local", revision="local", files=files, checked_at=datetime.now(UTC))


def _stdin(path: str | None) -> bytes:
    if path is None:
        return b""
    try:
        return sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}.") from error
