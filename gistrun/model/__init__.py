"""The values that all of gistrun works with. All of them are frozen, and all functions are pure.

    gist      a gist at one revision, and its files
    program   what a visitor asks to run, the program that a sandbox gets, and what it may use
    run       the state of a run, what happens in its sandbox, and its outcome; where programs run
    visit     what a visitor asks for, and what the visitor is shown
    records   converts these values to JSON and back
    keys      the two digests that decide which kept result is shown

Names are GitHub's for gists and the public API's for runs. URLs, classes, keys, templates and tests use the same words.
"""

from gistrun.model.gist import ChangedGist, Gist, GistFile, OwnersGist, OwnersGists, Revision, shown_edition
from gistrun.model.keys import identity, request_key
from gistrun.model.program import Case, Limits, Lock, Network, Package, Packages, Program, Request
from gistrun.model.records import digest, from_record, timestamp, to_record
from gistrun.model.run import (
    Attempt,
    Checks,
    Hint,
    Image,
    Installed,
    Limit,
    Outcome,
    Output,
    Phase,
    PhaseStarted,
    Progress,
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
    "Case",
    "ChangedGist",
    "Checks",
    "Gist",
    "GistFile",
    "Hint",
    "Image",
    "Installed",
    "Limit",
    "Limits",
    "Lock",
    "Network",
    "Opened",
    "Outcome",
    "Output",
    "OwnersGist",
    "OwnersGists",
    "Package",
    "Packages",
    "Phase",
    "PhaseStarted",
    "Program",
    "Progress",
    "Request",
    "Revision",
    "Run",
    "SandboxEvent",
    "SandboxTaken",
    "Sandboxes",
    "State",
    "Stream",
    "Visit",
    "digest",
    "from_record",
    "identity",
    "request_key",
    "shown_edition",
    "timestamp",
    "to_record",
]
