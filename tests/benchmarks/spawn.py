"""Starts programs and times them, from a process so small that starting one costs what a shell's start costs.

    python -m tests.benchmarks.spawn [ROOT]

A line of JSON in, `{"argv": […], "environment": {…}, "folder": "/…"}`, a line of JSON out: seconds to the first byte
and to the end, the exit status and the first 4 KiB of output. With ROOT it runs them in that root file system; whoever
starts it gives it a mount namespace of its own (`rulers.Bare`).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from typing import Any


def timed(argv: list[str], environment: dict[str, str], folder: str) -> dict[str, Any]:
    """Start it in that folder, read its output to the end, and wait for it."""
    os.chdir(folder)
    program = shutil.which(argv[0], path=environment["PATH"])
    if program is None:
        return {"status": 127, "output": f"there is no {argv[0]}", "first": None, "end": 0.0, "bytes": 0}
    source, sink = os.pipe()
    # A pipe's ends are not inherited; their copies are.
    actions = [(os.POSIX_SPAWN_DUP2, _NOTHING, 0), (os.POSIX_SPAWN_DUP2, sink, 1), (os.POSIX_SPAWN_DUP2, _NOTHING, 2)]
    began = time.perf_counter()
    pid = os.posix_spawn(program, argv, environment, file_actions=actions)
    os.close(sink)
    first, output, count = None, b"", 0
    while piece := os.read(source, 2**16):
        first = first or time.perf_counter() - began
        count += len(piece)
        output += piece[: 4096 - len(output)]
    _, status = os.waitpid(pid, 0)
    end = time.perf_counter() - began
    os.close(source)
    status = os.waitstatus_to_exitcode(status)
    return {"status": status, "output": output.decode(), "first": first, "end": end, "bytes": count}


def main(root: str | None) -> None:
    global _NOTHING
    _NOTHING = os.open("/dev/null", os.O_RDWR)
    if root:
        os.chroot(root)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(timed(asked["argv"], asked["environment"], asked["folder"])), flush=True)


_NOTHING = -1

if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else None)
