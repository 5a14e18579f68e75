"""The words of gistrun as values: gist, request, program, run, outcome, output. All of them are frozen and pure.

    gist      a gist at one revision, and its files
    run       what is requested, what a sandbox is given, how a run stands and how it ended, where programs run
    visit     what somebody asks for, and what they are shown
    records   any of these values as JSON, and back
    keys      the two digests that decide which kept result is shown

Names follow GitHub's for gists and the public contract's for runs: the same word in URL, class, key, template and test.
"""

from gistrun.model.gist import ChangedGist, Gist, GistFile, shown_edition
from gistrun.model.keys import identity, request_key
from gistrun.model.records import from_record, timestamp, to_record
from gistrun.model.run import (
    Attempt,
    Image,
    Limit,
    Limits,
    Network,
    Outcome,
    Output,
    Phase,
    PhaseStarted,
    Program,
    Request,
    Run,
    Sandboxes,
    SandboxEvent,
    SandboxTaken,
    State,
    Stream,
)
from gistrun.model.visit import Opened, Visit

__all__ = [
    "Attempt",
    "ChangedGist",
    "Gist",
    "GistFile",
    "Image",
    "Limit",
    "Limits",
    "Network",
    "Opened",
    "Outcome",
    "Output",
    "Phase",
    "PhaseStarted",
    "Program",
    "Request",
    "Run",
    "SandboxEvent",
    "SandboxTaken",
    "Sandboxes",
    "State",
    "Stream",
    "Visit",
    "from_record",
    "identity",
    "request_key",
    "shown_edition",
    "timestamp",
    "to_record",
]
