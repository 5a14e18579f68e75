"""Records what a real program writes, as recordings/NAME.txt: `python -m tests.terminal.record [--pipe] NAME COMMAND…`.

The program sees a terminal of 100 by 24, or a pipe and what the sandbox tells programs about colours.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import struct
import subprocess
import termios

from gistrun.sandbox.policy import ENVIRONMENT
from tests.terminal.cases import RECORDINGS

_SHOWN = (
    "TERM",
    "COLORTERM",
    "COLUMNS",
    "LINES",
    "FORCE_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "PYTHON_COLORS",
    "PY_COLORS",
)


def _through_a_terminal(command: list[str]) -> bytes:
    child, terminal = pty.fork()
    if not child:
        os.execvpe(command[0], command, {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"})
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    written = b""
    while True:
        try:
            piece = os.read(terminal, 65536)
        except OSError:  # the program has closed it
            break
        if not piece:
            break
        written += piece
    os.waitpid(child, 0)
    return written


def _through_a_pipe(command: list[str]) -> bytes:
    environment = {**os.environ, **{name: ENVIRONMENT[name] for name in _SHOWN}}
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    ).stdout


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    written = (_through_a_pipe if asked.pipe else _through_a_terminal)(asked.command)
    (RECORDINGS / f"{asked.name}.txt").write_bytes(written)


if __name__ == "__main__":
    main()
