"""What the machine is, and what processes and sandboxes use of it, from /proc and the control groups."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


def facts(engine: Any, images: dict[str, str], quick: bool) -> dict[str, Any]:
    """What two runs must share to be compared. `images` are toolchains by language."""
    info = engine.info()
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _said("git", "-C", str(_ROOT), "describe", "--always", "--dirty", "--abbrev=40"),
        "cores": os.cpu_count(),
        "cpu": _from_lines("/proc/cpuinfo", "model name"),
        "memory GiB": round(os.sysconf("SC_PHYS_PAGES") * _PAGE / 2**30, 1),
        "kernel": platform.release(),
        "cgroup": info.get("CgroupVersion", "1"),
        "engine": info["ServerVersion"],
        "runtime": info["DefaultRuntime"],
        "storage": info["Driver"],
        "redis": _said("redis-server", "--version").split("v=")[-1].split()[0],
        "python": platform.python_version(),
        "load before": round(os.getloadavg()[0], 2),
        "quick": quick,
        "toolchains": images,
        "packages": {name: version(name) for name in ("flask", "gunicorn", "gevent", "redis", "rq", "docker")},
    }


def _said(*command: str) -> str:
    with contextlib.suppress(OSError):
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or "unknown"
    return "unknown"


def _from_lines(path: str, name: str) -> str:
    for line in Path(path).read_text().splitlines():
        if line.startswith(name):
            return line.partition(":")[2].strip()
    return platform.machine()


# Processes


def family(pids: Iterable[int]) -> list[int]:
    """These processes and all that descend from them."""
    found = []
    waiting = list(pids)
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        with contextlib.suppress(OSError):
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time that these processes have used so far."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])  # utime and stime, see proc(5)
    return total / _TICKS


def resident(pids: Iterable[int]) -> int:
    """Bytes resident, what several processes share counted for each."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def proportional(pids: Iterable[int]) -> int:
    """Bytes resident, what several processes share divided among them (PSS)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


@contextlib.contextmanager
def peak(pids: Iterable[int]) -> Iterator[list[int]]:
    """The bytes by which these processes and their descendants grew at the most meanwhile; read it at the end."""
    watched = family(pids)
    before = resident(watched)
    grown = [0]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            grown[0] = max(grown[0], resident(watched) - before)

    watcher = threading.Thread(target=look, daemon=True)
    watcher.start()
    try:
        yield grown
    finally:
        done.set()
        watcher.join()


# Sandboxes


def charged(pid: int) -> int | None:
    """Bytes that the memory control group of that process is charged, or None where there is none."""
    for line in Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        if "memory" in controllers.split(","):
            usage = Path(f"/sys/fs/cgroup/memory{path}/memory.usage_in_bytes")
        elif not controllers:
            usage = Path(f"/sys/fs/cgroup{path}/memory.current")
        else:
            continue
        with contextlib.suppress(OSError):
            return int(usage.read_text())
    return None


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def idle_for(seconds: float, pids: Iterable[int]) -> float:
    """The share of one core that these processes use over so many seconds."""
    family_of = family(pids)
    before, began = cpu_seconds(family_of), time.perf_counter()
    time.sleep(seconds)
    return (cpu_seconds(family_of) - before) / (time.perf_counter() - began)
