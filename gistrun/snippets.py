"""Code that somebody pastes here to try it, without a gist at GitHub: a gist of our own, kept as any other is.

Its id is the SHA-256 of what it holds. GitHub's ids are shorter, so GitHub is never asked for it; the same code has the
same page. It is in no list, and whoever knows its address may read it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import datetime

from gistrun.errors import NotFound, TooLarge
from gistrun.freshness.gists import Source
from gistrun.model import Gist, GistFile

#: Bytes that may be pasted.
MOST = 128 * 1024
_ID = re.compile(r"[0-9a-f]{64}")
#: What stands for GitHub's ETag: with it, a check finds that nothing has changed.
_ETAG = '"pasted"'


def is_snippet(gist_id: str) -> bool:
    """Whether that is the id of pasted code."""
    return bool(_ID.fullmatch(gist_id))


def snippet(name: str, language: str | None, text: str, now: datetime) -> Gist:
    """The pasted code as a gist with one file of that name; `language` is GitHub's word for what it is.

    Raises:
        TooLarge
    """
    content = text.encode()
    if len(content) > MOST:
        raise TooLarge(f"Pasted code may hold {MOST:,} bytes; this holds {len(content):,}. Make it a gist at GitHub.")
    digest = hashlib.sha256(f"{name}\0{language}\0".encode() + content).hexdigest()
    files = (GistFile(name, content, language),)
    return Gist(digest, digest[:40], files, public=False, checked_at=now, etag=_ETAG)


@dataclass(frozen=True, slots=True)
class WithSnippets:
    """GitHub's gists, and the answer that pasted code never changes."""

    github: Source

    def fetch(
        self, gist_id: str, revision: str | None = None, etag: str | None = None, *, background: bool = False
    ) -> Gist | None:
        """As `Source.fetch`.

        Raises:
            NotFound: also for pasted code that is kept no longer.
        """
        if not is_snippet(gist_id):
            return self.github.fetch(gist_id, revision, etag, background=background)
        if etag == _ETAG and revision is None:
            return None
        raise NotFound("What was pasted here is kept no longer. Paste it again.")
