"""Takes a line that tells an error apart: the kind of error, and what is wrong. Pure."""

from __future__ import annotations

import re

#: Characters of what is wrong that are told.
_LONGEST = 240
#: What stands before the kind of an error, or before the words where there is no kind.
_BEFORE = re.compile(
    r"""Exception[ ]in[ ]thread[ ]"[^"]{0,100}"[ ]|[Uu]nhandled[ ][Ee]xception[.:][ ]|Caused[ ]by:[ ]|\*\*[ ]|-->\s*
    |[\w ]{0,20}?[Uu]ncaught[ ](?:exception[ ]|\(in[ ]promise\)[ ])?|thread[ ]'[^']{0,100}'[ ](?:\([0-9]{1,9}\)[ ])?
    |[Ff]atal[ ](?=error\b)|\S{1,100}:[0-9]{1,6}:(?=in[ ])|in[ ][`'‘][^'’]{0,200}['’]:[ ]
    |[\w ]{1,20}[ ][Ff]atal[ ]error:\s+(?=Uncaught)
    |(?:error|ERROR|LoadError):[ ](?=\(?[\w.$\\]{1,100}(?:Error|Exception)\b|[Uu]ncaught)|:\s*|,\s+|-{2,}\s""",
    re.VERBOSE,
)
#: The kind of an error where a line begins with it: `ValueError: …`, `(RuntimeError) …`, `error[E0425]: …`.
_KIND = re.compile(
    r"\(?([A-Za-z_][\w.$\\]{0,100}(?:::\w{1,50}){0,5})\)?(?:\[\w{1,20}\]| [A-Z]{1,4}[0-9]{1,6})?(?::\s*|$|(?<=\)) )"
)
#: The same where it ends with it: `… (ArgumentError)`.
_KIND_LAST = re.compile(r"(.*) \(([A-Z][\w:]{2,100})\)$", re.DOTALL)
_LIKELY = re.compile(
    r"error|warning|exception|fault|failure|panic|fatal|interrupt|overflow|exit|abort|condition", re.IGNORECASE
)
#: What joins the words to a place that stood among them.
_JOINS_AFTER = re.compile(r"^(?:[\s:),.\]\"'>;-]|characters [0-9]{1,6}-[0-9]{1,6})+")
_JOINS_BEFORE = re.compile(r"(?:\s|\b(?:at|in|on|File)\b|-->|[,:(\[\"'])+$")
#: The name of the program that stands before a place: `lua: main.lua:3: …`.
_PROGRAM = re.compile(r"[\w./+-]{1,60}:\s*$")
#: A number or an address that a frame ends with, and codes of errors: nothing to read.
_NOTHING = re.compile(r"[\s\W\d]*(?:\+?0x[0-9a-f]+\s*)?$|\[[A-Z]+-?[0-9]+\]$")


def said(before: str, after: str | None = None, *, sure: bool = False) -> tuple[str, str]:
    """The kind of an error (empty if it is not told), and what is wrong.

    Args:
        after: what follows the place that the line names; None for a line that is given whole.
        sure: the line begins with the kind, whatever that is.
    """
    panicked = "panicked" in before
    if after is not None:
        before = "" if _PROGRAM.fullmatch(before.lstrip()) else _JOINS_BEFORE.sub("", before[-500:])
        after = _JOINS_AFTER.sub("", after[:500])
    text = " ".join(f"{before} {after or ''}".split())
    marked = sure
    for _ in range(3):
        found = _BEFORE.match(text)
        if not found:
            break
        marked = marked or "xception" in found[0] or "ncaught" in found[0] or found[0] == "Caused by: "
        text = text[found.end() :]
    if panicked:
        return "Panic", _cut("" if text.startswith("panicked") else text)
    kind = _KIND.match(text)
    if kind and (marked or _LIKELY.search(kind[1])):
        return _name(kind[1]), _cut(text[kind.end() :])
    last = _KIND_LAST.match(text)
    if last and (_LIKELY.search(last[2]) or marked):
        return _name(last[2]), _cut(last[1])
    return "", _cut(text)


def _name(kind: str) -> str:
    """The kind without the package that it is from: `org.example.BadNews` is BadNews."""
    name = re.split(r"[.\\$]", kind.rstrip(".\\$"))[-1] or kind
    return name.capitalize() if name.islower() or name.isupper() else name


def _cut(words: str) -> str:
    """The words, with an end if they are long; empty if there is nothing to read in them."""
    words = words.strip()
    if _NOTHING.match(words):
        return ""
    return words if len(words) <= _LONGEST else words[: _LONGEST - 1].rstrip() + "…"
