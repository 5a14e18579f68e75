"""Where an address of a gist leads: to which page of ours, at which revision, with which file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlencode

from flask import url_for

from gistrun import address, languages
from gistrun.address import Address
from gistrun.errors import GitHubUnavailable, Refused
from gistrun.model import Gist, Request
from gistrun.web.services import services


def target_of(meant: Address) -> str:
    """The page that an address means. If it points at a file (`#file-main-py`), that file runs."""
    file, fragment = meant.file, meant.fragment if re.fullmatch(r"[\w-]+", meant.fragment) else ""
    revision = meant.revision
    # Where GitHub does not give the gist the page says why.
    with suppress(Refused, GitHubUnavailable):
        revision = address.revision_of(meant, lambda sha: services().runs.gists.get(meant.gist, sha)[0])
        if fragment.startswith("file-"):
            file = _file_at(fragment, services().runs.gists.get(meant.gist, revision)[0])
    target = page_of(meant.gist, revision, {"file": file})
    return f"{target}#{fragment}" if fragment else target


def page_of(gist_id: str, revision: str | None = None, query: Mapping[str, str | None] | None = None) -> str:
    """The page of that gist with that query; what is None is left out."""
    path = url_for("pages.gist", gist_id=gist_id, revision=revision)
    kept = urlencode({name: value for name, value in (query or {}).items() if value is not None})
    return f"{path}?{kept}" if kept else path


def _file_at(fragment: str, shown: Gist) -> str | None:
    """The file that the fragment points at, if it can run and would not run by default."""
    name = address.file_at(fragment, [file.name for file in shown.files])
    known = services().known
    runs = name and languages.choose(shown, Request(file=name), known).file
    return None if runs == languages.choose(shown, Request(), known).file else name
