"""A run and a gist as the public contract shows them, in the API and in the events."""

from __future__ import annotations

from typing import Any

from gistrun import languages
from gistrun.languages import Language
from gistrun.model import Gist, Run, timestamp
from gistrun.store import Store


def run_as_json(store: Store, run: Run, *, cached: bool) -> dict[str, Any]:
    """The run with its output so far. `cached`: it had ended before the request."""
    stdout, stderr = store.streams.output(run.id)
    return run_without_output(run, cached=cached) | {"stdout": stdout, "stderr": stderr}


def run_without_output(run: Run, *, cached: bool) -> dict[str, Any]:
    """The same with empty output, for events that come before the end."""
    return run.as_json() | {"cached": cached, "stdout": "", "stderr": "", "artifacts": []}


def gist_as_json(
    gist: Gist, notice: str | None, latest_run: dict[str, Any] | None, known: dict[str, Language]
) -> dict[str, Any]:
    """The gist without the content of its files. A file's `runs_as` is the language it would run as, or null."""
    files = [
        {
            "name": file.name,
            "language": file.language,
            "size": file.size,
            "runs_as": language.name if (language := languages.language_of(file, known)) else None,
        }
        for file in gist.files
    ]
    return {
        "id": gist.id,
        "revision": gist.revision,
        "owner": gist.owner,
        "description": gist.description,
        "public": gist.public,
        "html_url": gist.html_url,
        "updated_at": gist.updated_at,
        "checked_at": timestamp(gist.checked_at),
        "notice": notice,
        "files": files,
        "latest_run": latest_run,
    }
