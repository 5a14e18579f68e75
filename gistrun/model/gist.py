"""A gist at one revision, as GitHub gave it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from gistrun.model.records import digest


@dataclass(frozen=True, slots=True)
class GistFile:
    """One file of a gist, with its whole content."""

    name: str
    content: bytes
    #: GitHub's name of the language ("Python", "Shell"), or None if GitHub gives none.
    language: str | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content)


@dataclass(frozen=True, slots=True)
class Revision:
    """One entry of a gist's history."""

    #: The commit.
    id: str
    #: Who made it, or None.
    user: str | None = None
    #: GitHub's text, as it came; None where it gave none.
    committed_at: str | None = None
    #: Lines; None where GitHub does not say.
    additions: int | None = None
    deletions: int | None = None


@dataclass(frozen=True, slots=True)
class Gist:
    """A gist at one revision."""

    id: str
    #: The commit: GitHub's `history[0].version`.
    revision: str
    files: tuple[GistFile, ...]
    owner: str | None = None
    description: str | None = None
    public: bool = True
    #: The address of its page at GitHub.
    html_url: str | None = None
    updated_at: str | None = None
    #: When GitHub last confirmed that this is the latest revision.
    checked_at: datetime | None = None
    #: GitHub's ETag, for the next conditional request; None for a pinned revision.
    etag: str | None = None
    #: A sentence that says why GitHub could not be asked since `checked_at`, or None.
    trouble: str | None = None
    #: The newest first, this one included; only some where there are many. Empty where GitHub does not give it.
    history: tuple[Revision, ...] = ()

    @property
    def edition(self) -> str:
        """A digest of everything that a page shows of the gist, except when it was checked."""
        shown = [self.revision, self.owner, self.description, self.public, self.html_url]
        return shown_edition(digest(shown)[:16], self.trouble)

    def file(self, name: str) -> GistFile | None:
        """The file of that name, or None.

        The Unicode normal form does not matter (é as one character or as two), nor does the kind of a line end: a form
        sends each as CR LF.
        """
        normal = _normal(name)
        same = [file for file in self.files if _normal(file.name) == normal]
        return next((file for file in same if file.name == name), same[0] if same else None)


def _normal(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\r\n", "\n").replace("\r", "\n")


@dataclass(frozen=True, slots=True)
class ChangedGist:
    """One entry of GitHub's list of an owner's changed gists. It says that the gist changed, not what it is now."""

    id: str
    updated_at: datetime
    #: Lists hold the public gists, and with a token of the owner the secret ones too.
    public: bool


@dataclass(frozen=True, slots=True)
class OwnersGist:
    """One entry of the list of an owner's public gists, which has no content of files."""

    id: str
    updated_at: datetime
    description: str | None = None
    #: The names of the files, and GitHub's words for their languages.
    files: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OwnersGists:
    """The public gists of a user, those that changed last first."""

    gists: tuple[OwnersGist, ...]
    #: When GitHub was asked.
    asked_at: datetime
    #: Whether these are all.
    complete: bool = True
    #: GitHub's ETag, for the next conditional request.
    etag: str | None = None


def shown_edition(edition: str, trouble: str | None) -> str:
    """The edition of a gist whose page also shows `trouble`, if there is any."""
    return f"{edition}-{digest(trouble)[:8]}" if trouble else edition
