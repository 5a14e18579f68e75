"""Why uv gave up, in a sentence. Pure; its words are those of uv 0.13."""

from __future__ import annotations

import re
from collections.abc import Callable

#: A name as uv writes it, and one with versions. Both end where something else begins.
_NAME = r"[A-Za-z0-9][\w.-]{0,150}"
_VERSIONS = r"[=<>!~][\w.,*+!<>=~-]{0,200}"
_MOST = 400

Found = re.Match[str]


def reason(said: str) -> str | None:
    """The first of these reasons that is in what uv and the scripts around it said; None if none is."""
    text = re.sub(r"\s+", " ", said)
    for pattern, sentence in _REASONS:
        if found := pattern.search(text):
            return _short(sentence(found))
    return None


def _other_python(found: Found) -> str:
    versions = sorted(
        {tag[2:] for tag in re.findall(r"cp\d{2,3}(?=m?u?t?`)", found[3])}, key=lambda tag: (tag[0], int(tag[1:]))
    )
    listed = ", ".join(f"{version[0]}.{version[1:]}" for version in versions)
    made = (
        f"{found[1]} {found[2]} is made for Python {listed}"
        if listed
        else f"{found[1]} {found[2]} needs another Python"
    )
    return f"{made}, and not for this one. Ask for a newer version of it, or for another Python."


def _other_machine(found: Found) -> str:
    listed = ", ".join(re.findall(r"`([\w.]{1,60})`", found[3])[:6])
    return f"{found[1]} {found[2]} is made for other machines ({listed}), and not for this one."


def _no_version(found: Found) -> str:
    return (
        f"There is no version of {found[1]} that is {found[2]}." if found[2] else f"{found[1]} has no version at all."
    )


def _too_old(found: Found) -> str:
    wanted, there = found[3].rstrip(","), found[2].removeprefix("==")
    return f"There is no version of {found[1]} that is {wanted}; there is only {there}."


def _python_needed(found: Found) -> str:
    return f"{found[2]} needs another Python: {found[1]}."


def _as_said(found: Found) -> str:
    text = found[1].strip().removesuffix(".")
    text = re.sub(r", we can conclude that (?:your requirements are unsatisfiable|.{1,200} cannot be used)$", "", text)
    text = re.sub(r"^Because ", "", text)
    return f"The packages do not go together: {text}." if found[1].startswith("Because") else f"{text}."


def _not_got(found: Found) -> str:
    host = found[1]
    if found[2]:
        return f"{host} did not give a file of these packages: it answered with status {found[2]}."
    return f"A file of these packages is at {host}, which is no registry of packages here or could not be reached."


def _short(text: str) -> str:
    return text if len(text) <= _MOST else f"{text[: _MOST - 1]}…"


def _no_wheel(found: Found) -> str:
    return f"{found[1]} is only there as source code for this Python, and cannot be built here."


#: What a script of the tools' image says.
_OWN = re.compile(r"\brefused: ([^\n]{1,400}?\.)(?: |$)")
_UNKNOWN = re.compile(rf"({_NAME}) was not found in the (?:package registry|provided package locations)")
_FITS_NOT = re.compile(rf"there (?:is|are) no versions? of ({_NAME})({_VERSIONS})?")
_ONLY = re.compile(rf"only ({_NAME})({_VERSIONS}) is available and you require \1({_VERSIONS})")
_PYTHON = re.compile(rf"the requested Python version \(.{{1,60}}\) does not satisfy Python({_VERSIONS}) and ({_NAME})")
_TAGS = r"((?:`[\w.]{1,60}`(?:, )?){1,40})"
_OF_WHEELS = rf"`({_NAME})` \(v([\w.+!]{{1,60}})\)"
_MACHINE = re.compile(rf"Wheels are available for {_OF_WHEELS} on the following platforms?: {_TAGS}")
_TAGGED = re.compile(rf"we only found wheels for {_OF_WHEELS} with the following Python \w{{1,20}} tags?: {_TAGS}")
_CONFLICT = re.compile(r"depends? on .{1,20000}? you require (.{1,200}? and .{1,200}?), we can conclude that your")
_SOURCE = re.compile(rf"Wheels are required for `({_NAME})` because")
_HASH = re.compile(rf"[Hh]ash mismatch for `({_NAME})")
_FETCH = re.compile(
    r"Failed to (?:fetch|download):? `?https?://(?:[^/@\s`]{0,200}@)?([^/\s`]{1,255})"
    r"(?:.{0,600}?HTTP status \w{1,20} error \((\d{3}))?"
)
_CAUSE = re.compile(r"cause: (.{1,2000}?)(?= hint:| error:|$)")

#: The sentence for each. What says most comes first.
_REASONS: tuple[tuple[re.Pattern[str], Callable[[Found], str]], ...] = (
    (_OWN, lambda found: found[1]),
    (_UNKNOWN, lambda found: f"There is no package {found[1]} in the registry."),
    (_FITS_NOT, _no_version),
    (_ONLY, _too_old),
    (_PYTHON, _python_needed),
    (_MACHINE, _other_machine),
    (_TAGGED, _other_python),
    (_CONFLICT, lambda found: f"The packages do not go together: {found[1]}."),
    (_SOURCE, _no_wheel),
    (_HASH, lambda found: f"{found[1]} is not what its registry says: its hash differs."),
    (_FETCH, _not_got),
    (_CAUSE, _as_said),
)
