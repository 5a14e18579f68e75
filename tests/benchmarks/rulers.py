"""What gistrun is measured against: the program by itself, `docker run --rm`, and the engine's own life cycles."""

from __future__ import annotations

import contextlib
import json
import random
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import docker

from gistrun.engine import Engine
from gistrun.sandbox.policy import ENVIRONMENT, ROOM, Policy, container_options

_REPOSITORY = Path(__file__).resolve().parents[2]
#: Where a program's files are, in a root file system of our own and in a container.
_FOLDER = "/program"
#: The one place that a program in a container can write to; process 1, which makes folders there, is not ours here.
_ROOM = {"HOME": ROOM, "TMPDIR": ROOM}


@dataclass(frozen=True)
class Timing:
    """Seconds from the start to the first byte read from the pipe, and to the end."""

    first: float
    end: float
    bytes: int


class Bare:
    """Runs programs by themselves: no container, no gistrun.

    Args:
        root: the root file system to run in, or None for this machine's own.
        folder: on this machine, for the program's files; under `root` where there is one.
    """

    def __init__(self, root: Path | None, folder: Path) -> None:
        self._folder = folder
        self._inside = f"/{folder.relative_to(root)}" if root else str(folder)
        spawn = [sys.executable, "-m", "tests.benchmarks.spawn"]
        if root:
            # Mounts of its own, so that they go when it goes, however that happens.
            prepare = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec "$@" "$0"'
            spawn = ["unshare", "--mount", "--propagation", "private", "sh", "-c", prepare, str(root), *spawn]
        self._process = subprocess.Popen(
            spawn, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=_REPOSITORY, start_new_session=True
        )

    def run(
        self, argv: list[str], files: Mapping[str, str | bytes], environment: Mapping[str, str], expected: str = ""
    ) -> Timing:
        """Time one program with its files.

        Raises:
            RuntimeError: it failed, or did not print `expected`.
        """
        clear(self._folder)
        write(self._folder, files)
        return self.time(argv, self._inside, environment, expected)

    def time(self, argv: list[str], folder: str, environment: Mapping[str, str], expected: str = "") -> Timing:
        """Time one command in a folder of the root file system."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps({"argv": argv, "environment": environment, "folder": folder}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("The process that starts the rulers has ended; what it said stands above.")
        told = json.loads(line)
        if told["status"] != 0 or expected not in told["output"] or told["first"] is None:
            raise RuntimeError(f"{' '.join(argv)} ended with status {told['status']} and printed {told['output']!r}.")
        return Timing(told["first"], told["end"], told["bytes"])

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def export(image: str, into: Path, label: str) -> None:
    """The image's root file system, as `docker export` of a container that was never started gives it."""
    into.mkdir(parents=True)
    made = ["docker", "create", "--label", label, image, "none"]
    container = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
    try:
        with subprocess.Popen(["docker", "export", container], stdout=subprocess.PIPE) as sent:
            subprocess.run(["tar", "-x", "-C", str(into)], stdin=sent.stdout, check=True)
    finally:
        subprocess.run(["docker", "rm", container], capture_output=True, check=True)


def docker_run(policy: Policy, image: str, argv: list[str], folder: Path, label: str) -> list[str]:
    """`docker run --rm` of a program in that folder, hardened as our own sandboxes are. The command line cannot mask
    paths as the API can; that costs nothing measurable.
    """
    options = container_options(policy, image, {}, random.Random(1))
    host = options["HostConfig"]
    profile = folder.with_name("seccomp.json")
    hardened = ["--network", host["NetworkMode"], "--ipc", host["IpcMode"], "--read-only", "--log-driver", "none"]
    hardened += ["--user", options["User"], "--hostname", options["Hostname"]]
    hardened += [part for path, how in host["Tmpfs"].items() for part in ("--tmpfs", f"{path}:{how}")]
    hardened += [part for name in host["CapDrop"] for part in ("--cap-drop", name)]
    for option in host["SecurityOpt"]:
        name, _, value = option.partition("=")
        if name == "seccomp":
            profile.write_text(value)
            option = f"seccomp={profile}"
        hardened += ["--security-opt", option]
    hardened += ["--memory", str(host["Memory"]), "--memory-swap", str(host["MemorySwap"])]
    hardened += ["--cpus", str(host["NanoCpus"] / 1e9), "--pids-limit", str(host["PidsLimit"])]
    hardened += ["--oom-score-adj", str(host["OomScoreAdj"])]
    for limit in host["Ulimits"]:
        hardened += ["--ulimit", f"{limit['Name']}={limit['Soft']}:{limit['Hard']}"]
    if policy.runtime:
        hardened += ["--runtime", policy.runtime]
    hardened += [part for name, value in (ENVIRONMENT | _ROOM).items() for part in ("--env", f"{name}={value}")]
    mounted = ["--volume", f"{folder}:{_FOLDER}:ro", "--workdir", _FOLDER, "--label", label]
    return ["docker", "run", "--rm", *hardened, *mounted, "--entrypoint", argv[0], image, *argv[1:]]


def life_cycles(policy: Policy, image: str, at_once: int, seconds: float, label: str) -> float:
    """How often in a second this machine's engine makes, starts and removes a container with the options of a sandbox,
    asked by so many threads of the docker SDK.
    """
    name, _, value = label.partition("=")
    options = container_options(policy, image, {name: value}, random.Random(1))
    options["HostConfig"]["AutoRemove"] = False  # or part of the work would be done after it was counted
    done = [0] * at_once
    stop = threading.Event()

    def work(place: int) -> None:
        engine: Any = docker.from_env(timeout=60).api
        while not stop.is_set():
            container = engine.create_container_from_config(options)["Id"]
            engine.start(container)
            Engine(engine).remove(container)
            done[place] += 1
        engine.close()

    threads = [threading.Thread(target=work, args=(place,), daemon=True) for place in range(at_once)]
    began = time.perf_counter()
    with _stopping(stop, threads):
        for thread in threads:
            thread.start()
        time.sleep(seconds)
    return sum(done) / (time.perf_counter() - began)  # the last ones ended after the bell, and count with their time


@contextlib.contextmanager
def _stopping(stop: threading.Event, threads: list[threading.Thread]) -> Iterator[None]:
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            if thread.ident:
                thread.join(30)
