"""Kill workers, pools and engines at random moments while gists run, and count what is left.

    python -m tests.benchmarks.kills 100 [seed]

On an engine of its own, which it starts, kills and ends itself: root, `dockerd` and the images on the usual engine are
needed. Prints a line for each figure; exit status 1 when anything is left.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.github_server import GitHubServer
from tests.servers import Service, wait_until

LANGUAGES = ("bash",)
#: What runs meanwhile: short and long ones, some with children, one that never ends by itself.
PROGRAMS = (
    "echo done",
    "for i in 1 2 3 4; do echo $i; sleep 0.3; done",
    "(sleep 5 &) ; sleep 1; echo done",
    "head -c 300000 /dev/zero | tr '\\0' x",
    "sleep 60",
)
#: What the engine mounts for itself.
_ITS_OWN = "-init/merged"
ENDS = {"passed", "failed", "timed_out", "out_of_memory", "output_limit", "error"}


class Engine:
    """A Docker engine in a folder and a network namespace of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = f"unix://{folder}/docker.sock"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, also after a kill; returns when it answers."""
        places = [f"--data-root={self.folder}/data", f"--exec-root={self.folder}/exec", f"--pidfile={self.folder}/pid"]
        network = ["--bridge=none", "--iptables=false", "--ip-forward=false", "--ip-masq=false"]
        config = self.folder / "daemon.json"
        config.write_text("{}")
        command = ["unshare", "--net", "dockerd", "--config-file", str(config), "-H", self.host, *places, *network]

        def answers() -> bool:
            if self._process is None or self._process.poll() is not None:  # as an init system would, again
                # Numbers of processes that are dead, or another's by now: the engine would wait for them.
                for stale in (self.folder / "pid", self.folder / "exec/containerd/containerd.pid"):
                    stale.unlink(missing_ok=True)
                with open(self.folder / "log", "ab") as log:
                    self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
            return self.docker("info", check=False).returncode == 0

        wait_until(answers, 120, "the engine did not come up")

    def docker(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "DOCKER_HOST": self.host}
        return subprocess.run(["docker", *arguments], env=environment, capture_output=True, check=check)

    def kill(self) -> None:
        """End the engine and its containerd without a warning; the containers it started stay for the moment."""
        containerd = self.folder / "exec/containerd/containerd.pid"
        victims = [int(containerd.read_text())] if containerd.exists() else []
        if self._process:
            self._process.kill()
            self._process.wait(10)
        for pid in victims:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """End it properly."""
        if self._process:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(30)
            self._process.kill()
            self._process.wait(10)

    def inside(self) -> list[str]:
        """What runs under the shims that are left, but for what the runtime has not yet made a process of ours of.

        A killed engine forgets a shim whose container was just being made, and no call to it ends that one.
        """
        found = []
        for shim in self.processes():
            for child in _children(int(shim)):
                with contextlib.suppress(OSError):
                    command = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
                    found += [command] if command not in ("", "runc init") else []
        return found

    def remove(self) -> None:
        """Take away what even the engine has left: processes, which hold its mounts, then those, then its folder."""

        def nothing_runs() -> bool:
            for pid in self.processes():
                with contextlib.suppress(OSError):
                    for victim in (*_children(int(pid)), int(pid)):
                        os.kill(victim, signal.SIGKILL)
            return not self.processes()

        wait_until(nothing_runs, 20, "a process of the engine cannot be ended")
        for place in sorted(self.mounts(), reverse=True):
            subprocess.run(["umount", "--lazy", place], check=False)
        assert not self.mounts()
        shutil.rmtree(self.folder)

    def load(self, images: list[str]) -> None:
        """Copy images from the usual engine."""
        with subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE) as save:
            environment = {**os.environ, "DOCKER_HOST": self.host}
            subprocess.run(
                ["docker", "load", "-q"], env=environment, stdin=save.stdout, check=True, capture_output=True
            )
        assert save.returncode == 0

    def containers(self) -> list[str]:
        return self.docker("ps", "-aq").stdout.decode().split()

    def mounts(self) -> list[str]:
        lines = Path("/proc/self/mountinfo").read_text().splitlines()
        return [line.split()[4] for line in lines if line.split()[4].startswith(f"{self.folder}/")]

    def networks(self) -> list[str]:
        names = self.docker("network", "ls", "--format", "{{.Name}}").stdout.decode().split()
        return [name for name in names if name not in ("none", "host", "bridge")]

    def processes(self) -> list[str]:
        """What the engine has started and has not ended: its shims."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                command = (process / "cmdline").read_bytes()
                if b"containerd-shim" in command and str(self.folder).encode() in command:
                    found.append(process.name)
        return found


@contextlib.contextmanager
def running(folder: Path) -> Iterator[tuple[Service, Engine, GitHubServer]]:
    """The service on an engine of its own."""
    engine = Engine(folder / "engine")
    engine.folder.mkdir()
    try:
        engine.start()
        engine.load(["debian:forky-slim", "gistrun/base:forky", *(f"gistrun/{name}:latest" for name in LANGUAGES)])
        data = folder / "data"
        data.mkdir()
        with GitHubServer(token="ghp_test") as github:
            temporary = folder / "tmp"
            temporary.mkdir()
            settings = {"GISTRUN_LANGUAGES": ",".join(LANGUAGES), "GISTRUN_TIMEOUT": "5", "TMPDIR": str(temporary)}
            service = Service(github, data, GITHUB_TOKEN="ghp_test", DOCKER_HOST=engine.host, **settings)
            try:
                service.start()
                yield service, engine, github
            finally:
                service.stop()
    finally:
        engine.stop()
        engine.remove()


def kill_again_and_again(
    service: Service, engine: Engine, github: GitHubServer, count: int, draw: random.Random
) -> tuple[Counter[str], list[str]]:
    """Kill so often; returns what was killed and the ids of all runs that were asked for meanwhile."""
    killed: Counter[str] = Counter()
    asked: list[str] = []
    while killed.total() < count:
        for _ in range(draw.randint(1, 3)):
            gist = uuid.UUID(int=draw.getrandbits(128)).hex
            github.put(gist, {"main.sh": draw.choice(PROGRAMS) + f" # {gist}"})
            answer = service.post(f"/api/v1/gists/{gist}/runs")
            assert answer.status_code == 202, answer.text
            asked.append(answer.json()["id"])
        time.sleep(draw.uniform(0, 1.2))
        what = draw.choices(("worker", "pool", "engine"), (5, 3, 2))[0]
        if what == "worker":
            workers = _children(service.processes["pool"].pid)
            if not workers:
                continue
            os.kill(draw.choice(workers), signal.SIGKILL)
        elif what == "pool":
            service.kill("pool")
            time.sleep(draw.uniform(0, 0.5))
            service.start_process("pool")
        else:
            engine.kill()
            time.sleep(draw.uniform(0, 1))
            engine.start()
        killed[what] += 1
        print(f"\r{killed.total()} kills, {len(asked)} runs asked for", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return killed, asked


def _children(pid: int) -> list[int]:
    lists = Path(f"/proc/{pid}/task").glob("*/children")  # one for each thread
    return [int(child) for children in lists for child in children.read_text().split()]


def left_over(service: Service, engine: Engine, asked: list[str], before: list[str]) -> tuple[Counter[str], list[str]]:
    """How the runs ended, and a sentence for each thing that is left once the service has been stopped.

    Args:
        before: the engine's mounts while no container was there.
    """
    service.wait_until_ready()
    deadline = time.monotonic() + 60 + 3 * len(asked)
    ends: Counter[str] = Counter()
    left = []
    for name in asked:
        while (run := service.get(f"/api/v1/runs/{name}?wait=5").json())["state"] not in ENDS:
            if time.monotonic() > deadline:
                left.append(f"run {name} is {run['state']} for ever")
                break
        ends[f"error ({run['message']})" if run["state"] == "error" else run["state"]] += 1
    redis = ["redis-cli", "-s", f"{service.data}/redis.sock"]

    def active() -> int:
        return int(subprocess.run([*redis, "zcard", "gistrun:active"], capture_output=True, check=True).stdout)

    # What ended in an error is run again by the watcher.
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not active(), 60, "")
    if number := active():
        left.append(f"{number} runs are still counted as active")
    # What is left now belongs to living workers: the warm ones, up to four times as many as usual after a burst, each
    # in a network that a container holds, of which each of two workers keeps a spare one. The sweeper's work is done
    # within a few seconds.
    most = len(LANGUAGES) * 2 * 4 * 2 + 2
    with contextlib.suppress(AssertionError):
        wait_until(lambda: len(engine.containers()) <= most, 30, "")
    left += [f"more containers than are kept warm: {engine.containers()}"] if len(engine.containers()) > most else []
    service.processes["pool"].terminate()
    service.processes.pop("pool").wait(20)
    # A sandbox whose engine was killed while it started waits a minute for a first sign of its worker.
    with contextlib.suppress(AssertionError):
        wait_until(lambda: not engine.containers() and not engine.inside(), 90, "")
    left += [f"container {json.dumps(name)}" for name in engine.containers()]
    left += [f"network {name}" for name in engine.networks()]
    # While it makes a container the engine mounts the layer below it for a moment; killed then, it leaves that so.
    left += [f"mount {place}" for place in engine.mounts() if place not in before and not place.endswith(_ITS_OWN)]
    left += [f"process {command!r}" for command in engine.inside()]
    left += [f"file {path}" for path in service.data.parent.joinpath("tmp").rglob("*")]
    return ends, left


def main(count: int, seed: int) -> int:
    """Kill so often and print the figures; returns 1 when anything is left."""
    with tempfile.TemporaryDirectory(prefix="gistrun-kills-") as name, running(Path(name)) as (service, engine, github):
        before = engine.mounts()
        began = time.monotonic()
        killed, asked = kill_again_and_again(service, engine, github, count, random.Random(seed))
        ends, left = left_over(service, engine, asked, before)
        print(f"seed {seed}, {time.monotonic() - began:.0f} s")
        print("killed:", ", ".join(f"{what} {n}" for what, n in sorted(killed.items())))
        print(f"runs asked for: {len(asked)}; ended:", *(f"{n} {end}" for end, n in ends.most_common()), sep="\n  ")
        print(f"left over: {len(left)}", *left, sep="\n  ")
        mounts = sum(place.endswith(_ITS_OWN) for place in engine.mounts())
        of_its_own = f"{len(engine.processes())} processes and {mounts} mounts of containers that were never started"
        print(f"of the engine's own: {of_its_own}")
        return 1 if left else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
