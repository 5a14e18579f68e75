"""Two families of errors: the visitor can act (`Refused`, 4xx), or we must (`Unavailable`, 5xx).

`SetupError` is for commands that cannot start. Every message is one or two sentences for the person who reads it. A
program that fails is not an error: that is an outcome of its run.
"""

from __future__ import annotations


class GistrunError(Exception):
    """Base of all errors. `title` is the short name of the kind, and `str(error)` is the message."""

    title = "Something went wrong"

    def __init__(self, message: str, *, retry_after: int | None = None) -> None:
        super().__init__(message)
        #: Whole seconds after which the visitor may try again, or None.
        self.retry_after = retry_after


class Refused(GistrunError):
    """The request cannot be served as it stands; the visitor can change it."""

    title = "Bad request"


class BadInput(Refused):
    """An id, a revision, a file name, arguments or a setting that is not of the expected form."""

    title = "That cannot be run as it was asked"


class CrossSite(Refused):
    """A page of another site made the visitor's browser send this request."""

    title = "Not from this site"


class NotYours(Refused):
    """Only the visitor who started a run may stop it."""

    title = "Not your run"


class NotFound(Refused):
    """No such gist, revision or run."""

    title = "Not found"


class Gone(NotFound):
    """A gist that GitHub had and no longer shows: it was deleted, made private or taken down.

    A `NotFound` that is not `Gone` says less: GitHub shows no gist of that id or revision, and perhaps never had one.
    """

    title = "Gone"

    def __init__(self, message: str, *, taken_down: bool = False) -> None:
        super().__init__(message)
        #: True if GitHub itself took it down, because of its terms or the law (403 with a `block`, or 451).
        self.taken_down = taken_down


class TooLarge(Refused):
    """The gist or its input is too large for a sandbox."""

    title = "Too large"


class NothingToRun(Refused):
    """The gist holds no file in a language that can be run here."""

    title = "Nothing to run"


class PackagesRefused(Refused):
    """Packages that a gist asks for cannot be had; the sentence says which, and why."""

    title = "No such packages"


class TooManyRuns(Refused):
    """This visitor may not start more new runs now."""

    title = "Too many runs"


class QueueFull(Refused):
    """The runs of all visitors that have not ended hold as much memory as they may. The visitor can come later."""

    title = "Queue is full"


class TooManyStreams(Refused):
    """This visitor may not open more streams."""

    title = "Too many streams"


class Unavailable(GistrunError):
    """The request is fine, but something fails on our side or on GitHub's."""

    title = "Unavailable"


class GitHubUnavailable(Unavailable):
    """GitHub did not answer, or answered with a server error. `retry_after` is always set."""

    title = "GitHub is not available"


class GitHubLimited(GitHubUnavailable):
    """GitHub may not be asked for `retry_after` seconds.

    Our quota is used up, or the rest of it is reserved for visitors, or GitHub asks us to slow down.
    """


class GitHubUnauthorized(GitHubUnavailable):
    """GitHub refuses our token, or all requests from this server: the operator must act."""


class StoreUnavailable(Unavailable):
    """Redis did not answer, or refused."""

    title = "Storage is not available"


class StoreReadOnly(StoreUnavailable):
    """Redis refused to write: it is a replica, or full, or cannot save. What is kept can perhaps still be read."""


class SandboxUnavailable(Unavailable):
    """No sandbox could be made, or one broke. The cause is the engine, the image or the worker."""

    title = "Sandbox is not available"


class EngineUnavailable(SandboxUnavailable):
    """The engine can run nothing now. A run can wait until it can."""


class ImageMissing(SandboxUnavailable):
    """The engine has no image of that name on which programs can run now."""

    def __init__(self, image: str) -> None:
        super().__init__(f"The image for {image} is missing: build it with gistrun images build {image}.")
        self.image = image


class RegistryUnavailable(SandboxUnavailable):
    """A registry of packages did not answer, or not in time."""


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


class Stopped(SandboxUnavailable):
    """A visitor has stopped the run, and its end is stored already."""


class SetupError(GistrunError):
    """The service cannot start: a bad setting, a missing engine, a port in use. Ends a command with status 1."""

    title = "Cannot start"
