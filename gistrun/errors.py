"""Two families of failure: the visitor can act (`Refused`, 4xx), or we must (`Unavailable`, 5xx).

Every message is one sentence, or two, for the person looking at it. A program that fails is neither:
that is an outcome, not an error.
"""

from __future__ import annotations


class GistrunError(Exception):
    """Base of both families. `title` is the short name of the kind, `str(error)` the sentence."""

    title = "Something went wrong"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        #: Whole seconds after which asking again makes sense, or None.
        self.retry_after = retry_after


class Refused(GistrunError):
    """The request cannot be served as it stands; the visitor can change it."""

    title = "Bad request"


class BadInput(Refused):
    """An id, a revision, a file name, arguments or a setting that is not of the expected form."""


class CrossSite(Refused):
    """A page of another site had the visitor's browser send this request."""

    title = "Not from this site"


class NotFound(Refused):
    """No such gist, revision or run."""

    title = "Not found"


class Gone(NotFound):
    """A gist that was there, and that GitHub does not show any more: deleted, or taken down.

    `NotFound` that is not `Gone` says of a gist nothing but that GitHub shows none of that id or revision.
    """

    title = "Gone"

    def __init__(self, message: str, *, taken_down: bool = False) -> None:
        super().__init__(message)
        #: True where GitHub itself took it down, for its terms or for the law (403 with a `block`, 451).
        self.taken_down = taken_down


class TooLarge(Refused):
    """The gist or its input is larger than a sandbox takes."""

    title = "Too large"


class NothingToRun(Refused):
    """The gist holds no file in a language that can be run here."""

    title = "Nothing to run"


class TooManyRuns(Refused):
    """This visitor has started as many new runs as one visitor may."""

    title = "Too many runs"


class QueueFull(Refused):
    """The runs of all visitors that have not ended hold as much memory as they may. The visitor can come later."""

    title = "Queue is full"


class TooManyStreams(Refused):
    """This visitor holds as many open streams as one visitor may."""

    title = "Too many streams"


class Unavailable(GistrunError):
    """The request is fine; something on our side, or on GitHub's, is not."""

    title = "Unavailable"


class GitHubUnavailable(Unavailable):
    """GitHub did not answer, or answered with an error of its own. `retry_after` is always set."""

    title = "GitHub is not available"


class GitHubLimited(GitHubUnavailable):
    """Our quota there is used up or kept for visitors, or GitHub asks us to slow down, for `retry_after` seconds."""


class GitHubUnauthorized(GitHubUnavailable):
    """GitHub refuses our token, or to speak to us at all: the operator must act."""


class StoreUnavailable(Unavailable):
    """Redis did not answer."""

    title = "Storage is not available"


class SandboxUnavailable(Unavailable):
    """No sandbox could be had, or one broke: engine, image or worker."""

    title = "Sandbox is not available"


class EngineUnavailable(SandboxUnavailable):
    """The engine can run nothing now; the run may wait until it can."""


class EngineRefused(SandboxUnavailable):
    """The engine answered a call with an error."""

    def __init__(self, reason: str, *, code: int | None = None) -> None:
        super().__init__(f"The Docker engine refused: {reason}")
        #: What the engine said, ending with a full stop.
        self.reason = reason
        #: The HTTP status of its answer, if there is one.
        self.code = code


class Interrupted(SandboxUnavailable):
    """The worker is stopping in the middle of a run; another is to take it up."""


class SetupError(GistrunError):
    """The service cannot start: a bad setting, a missing engine, a port in use. Ends a command with status 1."""

    title = "Cannot start"
