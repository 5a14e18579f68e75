"""What a visitor names: gist, revision, run, file, arguments, input. All entry points check them here."""

from __future__ import annotations

import re
import shlex

from flask import request
from werkzeug.datastructures import MultiDict

from gistrun.address import check_id, check_revision
from gistrun.errors import BadInput, NotFound, TooLarge
from gistrun.model import Request, Run
from gistrun.store import Store

#: The form of a run's id, which becomes a part of a key.
RUN_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
#: Bytes of standard input; arguments, each and in all (Linux takes 128 KiB for one), and their number.
STDIN_BYTES = 2**20
_ARGS_BYTES = 64 * 1024
_ARGS_COUNT = 1000
#: The form of a version's name.
_VERSION = re.compile(r"[A-Za-z0-9.+_-]{1,32}")


def checked_gist_id(text: str) -> str:
    """The id, in lower case as GitHub writes it.

    Raises:
        BadInput
    """
    check_id(text)
    return text.lower()


def checked_revision(text: str | None) -> str | None:
    """The revision in lower case; None for none or an empty text.

    Raises:
        BadInput
    """
    if not text:
        return None
    check_revision(text)
    return text.lower()


def found_run(store: Store, run_id: str) -> Run:
    """The run.

    Raises:
        NotFound
    """
    run = store.runs.get(run_id) if RUN_ID.fullmatch(run_id) else None
    if run is None:
        raise NotFound("There is no such run, or it is kept no longer. Open the gist to run it again.")
    return run


def checked_run_input(file: str | None, args: list[str], stdin: str, version: str | None = None) -> Request:
    """What to run.

    Raises:
        BadInput, TooLarge
    """
    try:
        encoded = stdin.encode()
        room = sum(len(arg.encode()) for arg in args)
        (file or "").encode()
    except UnicodeEncodeError:
        raise BadInput("The file, the arguments and the input must be valid Unicode text.") from None
    if any("\0" in arg for arg in args) or "\0" in (file or ""):
        raise BadInput("A file name or an argument cannot hold a NUL character.")
    if room > _ARGS_BYTES or len(args) > _ARGS_COUNT:
        raise TooLarge(f"The arguments may hold {_ARGS_BYTES:,} bytes and be {_ARGS_COUNT:,} in number.")
    if len(encoded) > STDIN_BYTES:
        raise TooLarge(f"The standard input may hold {STDIN_BYTES:,} bytes; this one holds {len(encoded):,}.")
    if version and not _VERSION.fullmatch(version):
        raise BadInput("A version is a name such as 3.14, as the page of the gist offers them.")
    return Request(file or None, tuple(args), encoded, version or None)


def run_input(values: MultiDict[str, str] | None = None) -> Request:
    """What the query (or the form given) asks to have run: `file`, `args`, `stdin`, `version`.

    `args` is split as a shell would split it ('a "b c"' is two arguments) and may be repeated.

    Raises:
        BadInput, TooLarge
    """
    values = request.args if values is None else values
    args: list[str] = []
    for text in values.getlist("args"):
        try:
            args += shlex.split(text)
        except ValueError:
            raise BadInput(f"The arguments {_quoted(text)} have a quotation mark that is not closed.") from None
    # A browser sends the lines of a form with CR LF; a program expects LF.
    stdin = values.get("stdin", "").replace("\r\n", "\n")
    return checked_run_input(values.get("file"), args, stdin, values.get("version"))


def query_of(asked: Request) -> dict[str, str]:
    """The query that `run_input` reads as this."""
    query = {}
    if asked.file is not None:
        query["file"] = asked.file
    if asked.args:
        query["args"] = shlex.join(asked.args)
    if asked.stdin:
        query["stdin"] = asked.stdin.decode()
    if asked.version is not None:
        query["version"] = asked.version
    return query


def _quoted(text: str) -> str:
    return f"“{text if len(text) <= 60 else text[:59] + '…'}”"
