"""Scripts that say in their next lines what runs them, since their first line's program only starts it. Pure.

A shell runs `exec tclsh "$0" "$@"`, in a line that is a comment or a text to the other interpreter. nix-shell reads
further lines of its own: `#! nix-shell -i python3 -p jq`.
"""

from __future__ import annotations

import os.path
import re
import shlex

#: Lines and characters of each in which it is looked for.
_LINES, _LONGEST = 20, 400
#: `exec perl -w "$0"`, in any quotes. The word must stand where a command does, which `su-exec node "$0"` does not.
_EXEC = re.compile(
    r"""(?:^|[\s;&|'"(])(?:exec['"]?|//?(?:usr/)?bin/env)[ \t]+"""
    r"""([^\n;|&<>]{1,300}?)[ \t]['"]?\$\{?0\}?['"]?(?=[\s;'"]|$)""",
    re.MULTILINE,
)
#: `$(command -v nodejs || command -v node)` and `` `which perl` `` are what their last word names.
_FOUND = re.compile(r"\$\((?:[^()\n]{0,200}[ \t])?([^()\s]{1,200})\)|`(?:[^`\n]{0,200}[ \t])?([^`\s]{1,200})`")
#: An option's value, which has neither spaces nor braces as a program has.
_VALUE = re.compile(r"[\w./:=+,@%~-]+")


def handed_over(content: str) -> list[str] | None:
    """The words by which a shell's script starts an interpreter for itself, up to its own name; None if it does not."""
    lines = [line[:_LONGEST] for line in content.split("\n", _LINES + 1)[1 : _LINES + 1]]
    begin = _FOUND.sub(lambda found: found[1] or found[2], "\n".join(lines).replace("\\\n", " "))
    for found in _EXEC.finditer(begin):
        words = _words(found[1])
        if words and (len(words) == 1 or _is_option(words[-2], words[-1])):
            return [os.path.basename(words[0]), *(word for word in words[1:] if "$" not in word)]
    return None


def _is_option(before: str, last: str) -> bool:
    """Whether the last word is an option or its value, and no program for another file as in `exec sed -n 2p "$0"`."""
    if last.startswith("-"):
        return last != "-"
    return bool(_VALUE.fullmatch(last)) and not re.fullmatch(r"-\w*[cenr]", before)


def continued(content: str, name: str) -> list[str] | None:
    """The words after `-i` in a further line `#! NAME …`; None if there is no such line."""
    for line in content.split("\n", _LINES + 1)[1 : _LINES + 1]:
        words = _words(line[2:_LONGEST]) if line.startswith("#!") else []
        if words[:1] == [name] and "-i" in words[:-1]:
            return words[words.index("-i") + 1].split() or None
    return None


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return text.replace('"', "").replace("'", "").split()
