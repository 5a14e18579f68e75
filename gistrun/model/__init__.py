"""The words of gistrun as values: gist, request, program, run, outcome, output. All of them are frozen and pure.

    gist      a gist at one revision, and its files
    run       what is asked for, what a sandbox is given, how a run stands and how it ended
    records   any of these values as JSON, and back
    keys      the two digests that decide which kept result is shown

Names follow GitHub's for gists and the public contract's for runs: the same word in URL, class, key, template and test.
"""

from gistrun.model.gist import ChangedGist, Gist, GistFile, shown_edition
from gistrun.model.keys import identity, request_key
from gistrun.model.records import from_record, timestamp, to_record
from gistrun.model.run import (
    Attempt,
    Limit,
    Limits,
    Network,
    Outcome,
    Output,
    Phase,
    PhaseStarted,
    Program,
    ReadyLanguage,
    Request,
    Run,
    SandboxTaken,
    State,
    Stream,
)

__all__ = [
    "Attempt",
    "ChangedGist",
    "Gist",
    "GistFile",
    "Limit",
    "Limits",
    "Network",
    "Outcome",
    "Output",
    "Phase",
    "PhaseStarted",
    "Program",
    "ReadyLanguage",
    "Request",
    "Run",
    "SandboxTaken",
    "State",
    "Stream",
    "from_record",
    "identity",
    "request_key",
    "shown_edition",
    "timestamp",
    "to_record",
]
