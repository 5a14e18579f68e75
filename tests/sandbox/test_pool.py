"""Sandboxes made ahead of time, in network namespaces that are used again: no program finds traces of another."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from gistrun.engine import Engine
from gistrun.errors import SandboxUnavailable
from gistrun.images.catalogue import Catalogue
from gistrun.languages import Language
from gistrun.model import GistFile, Image, Outcome, Output, Program, State
from gistrun.sandbox.container import Sandbox
from gistrun.sandbox.demand import Plan
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.namespace import NetworkNamespace
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool
from gistrun.sandbox.sweep import sweep
from tests.sandbox.conftest import LIMITS

OWNER = Owner(f"pool-{os.getpid()}", "tests")

MakePool = Callable[..., Pool]


@pytest.fixture
def make_pool(engine: Any, images: Catalogue, known: dict[str, Language]) -> Iterator[MakePool]:
    """Makes pools. Without a plan a pool keeps nothing waiting by itself."""
    pools: list[Pool] = []

    def make(plan: Plan | None = None, found: Any = images, known: dict[str, Language] = known) -> Pool:
        pools.append(Pool(Maker(Engine(engine), found, known, Policy(LIMITS, "runc"), OWNER), plan))
        return pools[-1]

    yield make
    for pool in pools:
        pool.close()
    until(lambda: containers(engine) == [])


@pytest.fixture
def pool(make_pool: MakePool) -> Pool:
    return make_pool()


def containers(engine: Any, role: str = "") -> list[str]:
    labels = [f"gistrun.instance={OWNER.instance}", f"gistrun.role={role}" if role else "gistrun.role"]
    return [container["Id"] for container in engine.containers(all=True, filters={"label": labels})]


def ran(pool: Pool, source: str, *, ahead: bool = True) -> str:
    """What a Python program printed, in a sandbox made ahead of time unless `ahead` is false."""
    if ahead:
        pool.prepare("python")
    events = list(pool.run(Program("python", "main.py", (GistFile("main.py", source.encode()),))))
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    text = "".join(event.data for event in events if isinstance(event, Output))
    assert outcome.state is State.PASSED, text
    return text


def until(condition: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


NAMESPACE = "import os; print(os.readlink('/proc/self/ns/net'))\n"

#: Prints the traces of other programs: sockets, counted packets.
LOOK = r"""
found = []
for name in ("tcp", "tcp6", "udp", "udp6", "raw", "raw6", "unix", "icmp", "packet"):
    try: found += [f"{name}: {line}" for line in open(f"/proc/net/{name}").read().splitlines()[1:]]
    except FileNotFoundError: pass
for line in open("/proc/net/dev").read().splitlines()[2:]:
    if any(int(word) for word in line.split(":")[1].split()): found.append(line)
for name in ("snmp", "netstat"):
    lines = [line.split() for line in open(f"/proc/net/{name}")]
    for keys, values in zip(lines[::2], lines[1::2]):
        constant = {"Forwarding", "DefaultTTL", "RtoAlgorithm", "RtoMin", "RtoMax", "MaxConn"}
        found += [f"{k}={v}" for k, v in zip(keys[1:], values[1:]) if int(v) and k not in constant]
print(found)
"""

#: Binds all names and ports that the other programs may have bound.
TAKE = r"""
import socket
for n in range(3):
    s = socket.socket(socket.AF_UNIX); s.bind(f"\0name{n}"); s.listen()
for port in (8000, 8001):
    s = socket.socket(); s.bind(("127.0.0.1", port)); s.listen()
"""

#: What a program may leave in a network namespace. Each of them ends without cleaning up.
LEFT = {
    "nothing": "",
    "an abstract socket": """
import socket
s = socket.socket(socket.AF_UNIX); s.bind("\\0name0"); s.listen(); s.detach()
""",
    "an abstract socket in flight to itself": """
import array, socket
a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
s = socket.socket(socket.AF_UNIX); s.bind("\\0name1"); s.listen()
for _ in range(20):
    a.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [a.fileno(), b.fileno(), s.fileno()]))])
""",
    "a listener": "import socket\ns = socket.socket(); s.bind(('127.0.0.1', 8000)); s.listen(); s.detach()\n",
    "a connection that waits to be forgotten": """
import socket
s = socket.socket(); s.bind(("127.0.0.1", 8000)); s.listen()
for _ in range(9):
    c = socket.create_connection(("127.0.0.1", 8000)); d, _ = s.accept(); d.send(b"x"); d.close(); c.recv(9); c.close()
""",
    "connections with unread data": """
import os, socket
s = socket.socket(); s.bind(("127.0.0.1", 8001)); s.listen()
c = socket.create_connection(("127.0.0.1", 8001)); d, _ = s.accept(); d.send(b"x" * 9999); os._exit(0)
""",
    "datagrams": """
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 8001)); s.sendto(b"x" * 999, ("127.0.0.1", 8001))
""",
    "datagrams over IPv6": """
import socket
try:
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); s.bind(("::1", 8001)); s.sendto(b"x" * 999, ("::1", 8001))
except OSError: pass
""",
    "a connection that failed": """
import socket
for address in (("127.0.0.1", 9), ("192.0.2.1", 9)):
    try: socket.create_connection(address, 1)
    except OSError: pass
""",
    "a child that goes on": """
import os, socket, time
if os.fork() == 0:
    os.setsid(); s = socket.socket(socket.AF_UNIX); s.bind("\\0name2"); s.listen(); time.sleep(60)
time.sleep(0.1)
""",
}


@pytest.mark.parametrize("left", LEFT)
def test_no_program_finds_what_the_one_before_left(left: str, pool: Pool) -> None:
    ran(pool, LEFT[left])
    assert ran(pool, LOOK + TAKE) == "[]\n"


@pytest.mark.parametrize(
    ("left", "again"),
    [("nothing", True), ("an abstract socket", True), ("a connection that failed", False), ("datagrams", False)],
)
def test_a_namespace_is_used_again_only_while_it_is_pristine(left: str, again: bool, pool: Pool, engine: Any) -> None:
    pool.prepare("python")
    namespaces = containers(engine, "namespace")
    ran(pool, LEFT[left], ahead=False)
    pool.prepare("python")
    assert (containers(engine, "namespace") == namespaces) is again


#: Prints the namespace, the resolver's configuration, and what the program's own name leads to.
NAMES = """
import os, socket
print(os.readlink("/proc/self/ns/net"))
print(open("/etc/resolv.conf").read().split())
name = socket.gethostname()
server = socket.create_server((name, 0))
print(name, socket.gethostbyname(name), socket.create_connection((name, server.getsockname()[1])).getpeername()[0])
"""


def test_a_namespace_that_is_used_again_knows_its_name_and_nothing_of_the_host(pool: Pool) -> None:
    before = ran(pool, NAMESPACE).strip()
    namespace, resolver, name = ran(pool, NAMES).splitlines()
    assert namespace == before
    assert resolver == "['nameserver', '127.0.0.1', 'options', 'attempts:1']"
    assert name == "gist 127.0.0.1 127.0.0.1"


@pytest.mark.parametrize("left", ["a connection that waits to be forgotten", "datagrams", "a connection that failed"])
def test_without_the_check_a_program_would_see_traces_of_the_one_before(
    left: str, engine: Any, images: Catalogue, known: dict[str, Language]
) -> None:
    ready = images.ready("python")
    assert ready
    namespace = NetworkNamespace(Engine(engine), ready.digest, OWNER)
    printed = []
    try:
        assert namespace.is_pristine()
        for source in (LEFT[left], LOOK):
            sandbox = Sandbox(Engine(engine), ready, known["python"], Policy(LIMITS, "runc"), OWNER, namespace)
            program = Program("python", "main.py", (GistFile("main.py", source.encode()),))
            events = list(sandbox.run(program))
            printed.append("".join(event.data for event in events if isinstance(event, Output)))
            sandbox.close()
        assert printed[1].startswith("['"), printed
        assert not namespace.is_pristine()
    finally:
        namespace.close()
    until(lambda: containers(engine) == [])


def test_two_sandboxes_never_share_a_namespace(pool: Pool, engine: Any) -> None:
    for _ in range(2):
        pool.prepare("python")
    program = Program("python", "main.py", (GistFile("main.py", (NAMESPACE + "import time; time.sleep(5)").encode()),))
    runs = [pool.run(program) for _ in range(2)]
    events = [[next(run) for _ in range(3)][-1] for run in runs]  # taken, begins, prints
    both = [event.data for event in events if isinstance(event, Output)]
    # A sandbox that is made while both namespaces are used gets a new one.
    assert len({*both, ran(pool, NAMESPACE, ahead=False)}) == 3
    for run in runs:
        run.close()


def test_a_program_can_change_nothing_of_the_namespace(pool: Pool) -> None:
    source = """
import fcntl, socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
address = struct.pack("16sH2x4s8x", b"lo", socket.AF_INET, socket.inet_aton("10.0.0.1"))
for name, request in (("flags", 0x8914), ("address", 0x8916), ("mtu", 0x8922), ("name", 0x8923), ("route", 0x890B)):
    try: fcntl.ioctl(s, request, address.ljust(256, b"\\0")); print("changed", name)
    except OSError as error: assert error.errno == 1, (name, error)
for name in ("net/ipv4/ip_forward", "net/ipv4/ip_default_ttl", "net/core/somaxconn", "net/ipv4/ip_local_port_range"):
    try: open("/proc/sys/" + name, "w").write("1"); print("changed", name)
    except OSError: pass
try: s.setsockopt(socket.SOL_SOCKET, 36, 7); print("changed the mark")
except OSError: pass
print(socket.gethostname())
"""
    assert ran(pool, source) == "gist\n"
    assert ran(pool, LOOK) == "[]\n"


def test_a_sandbox_is_made_although_its_namespace_has_died(pool: Pool, engine: Any) -> None:
    ran(pool, NAMESPACE)
    pool.prepare("bash")
    (keeper,) = containers(engine, "namespace")
    Engine(engine).remove(keeper)
    # The waiting sandbox still has the namespace. A sandbox that is made from now on has another.
    pool.prepare("python")
    assert ran(pool, LOOK, ahead=False) == "[]\n"


def test_the_namespace_of_a_dead_worker_is_swept_away(engine: Any, pool: Pool) -> None:
    pool.prepare("bash")
    assert len(containers(engine, "namespace")) == 1
    assert sweep(Engine(engine), OWNER.instance, lambda worker: True, time.time()) == 0
    assert sweep(Engine(engine), OWNER.instance, lambda worker: False, time.time()) == 2
    until(lambda: containers(engine) == [])


def test_a_namespace_ends_when_the_connection_to_its_worker_breaks(engine: Any, images: Catalogue) -> None:
    ready = images.ready("bash")
    assert ready
    namespace = NetworkNamespace(Engine(engine), ready.digest, OWNER)
    assert len(containers(engine, "namespace")) == 1
    namespace.hang_up()
    until(lambda: containers(engine) == [])


# Demand


class Found:
    """The images that a test wants there to be."""

    def __init__(self, images: Catalogue) -> None:
        self._images = images
        self.now: dict[str, Image] = {}
        for name in ("bash", "python"):
            if ready := images.ready(name):
                self.now[name] = ready

    def ready(self, language: str) -> Image | None:
        return self.now.get(language)


@pytest.fixture
def found(images: Catalogue) -> Found:
    return Found(images)


def test_a_sandbox_that_cannot_be_made_is_refused_in_words_also_when_its_namespace_has_died(
    make_pool: MakePool, found: Found, engine: Any
) -> None:
    pool = make_pool(None, found)
    ran(pool, "print()")
    until(lambda: containers(engine, "sandbox") == [])
    (keeper,) = containers(engine, "namespace")
    Engine(engine).remove(keeper)
    found.now.clear()
    with pytest.raises(SandboxUnavailable, match="The image for bash is missing"):
        pool.prepare("bash")


def test_an_image_in_use_has_a_waiting_sandbox_and_a_new_one_after_each_run(make_pool: MakePool, found: Found) -> None:
    pool = make_pool(Plan(1, 1), found)
    pool.learn(found.now.values(), {"bash": 5.0, "python": 9999.0})
    until(lambda: pool.warm() == {"bash": 1})
    list(pool.run(Program("bash", "main.sh", (GistFile("main.sh", b"echo"),))))
    assert pool.warm() == {}
    until(lambda: pool.warm() == {"bash": 1})


def test_a_sandbox_that_died_while_it_waited_is_replaced(make_pool: MakePool, found: Found, engine: Any) -> None:
    pool = make_pool(Plan(1, 1), found)
    pool.learn(found.now.values(), {"bash": 5.0})
    until(lambda: pool.warm() == {"bash": 1})
    (before,) = containers(engine, "sandbox")
    Engine(engine).remove(before)
    pool.learn(found.now.values(), {"bash": 5.0})
    until(lambda: pool.warm() == {"bash": 1} and before not in containers(engine, "sandbox"))


def test_an_image_that_nobody_requests_any_more_has_none(make_pool: MakePool, found: Found, engine: Any) -> None:
    pool = make_pool(Plan(1, 1), found)
    pool.learn(found.now.values(), {"bash": 5.0, "python": 5.0})
    until(lambda: pool.warm() == {"bash": 1, "python": 1})
    pool.learn(found.now.values(), {"bash": 9999.0, "python": 5.0})
    until(lambda: pool.warm() == {"python": 1})
    until(lambda: len(containers(engine)) == 3)  # a waiting sandbox, its namespace, and a spare one


def test_waiting_sandboxes_of_a_replaced_image_are_removed(
    make_pool: MakePool, found: Found, images: Catalogue, engine: Any
) -> None:
    pool = make_pool(Plan(1, 1), found)
    pool.learn(found.now.values(), {"bash": 5.0})
    until(lambda: pool.warm() == {"bash": 1})
    until(lambda: len(containers(engine)) == 3)
    before = containers(engine)
    # Another image that has Bash, in place of a new version.
    other = found.now["python"]
    found.now["bash"] = Image("bash", other.digest, "Bash")
    pool.learn(found.now.values(), {"bash": 5.0})
    until(lambda: pool.warm() == {"bash": 1} and not set(before) & set(containers(engine)))
    pool.learn(found.now.values(), {"bash": 5.0})
    (taken, *_) = pool.run(Program("bash", "main.sh", (GistFile("main.sh", b"echo"),)))
    assert getattr(taken, "image", None) == other.digest


def test_images_wait_not_languages(make_pool: MakePool, found: Found, known: dict[str, Language]) -> None:
    python = found.now["python"]
    found.now["python@other"] = Image("python@other", python.digest, python.toolchain)
    other = replace(known["python"], version="other", image="python@other", others=())
    pool = make_pool(Plan(1, 1), found, known | {"python": replace(known["python"], others=(other,))})
    pool.learn(found.now.values(), {"python": 5.0, "python@other": 5.0})
    until(lambda: pool.warm() == {"python": 1, "python@other": 1})
    pool.learn(found.now.values(), {"python": 9999.0, "python@other": 5.0})
    until(lambda: pool.warm() == {"python@other": 1})


def test_a_pool_that_is_closed_leaves_nothing(make_pool: MakePool, found: Found, engine: Any) -> None:
    pool = make_pool(Plan(2, 2), found)
    pool.learn(found.now.values(), {"bash": 5.0, "python": 5.0})
    until(lambda: pool.warm())
    pool.close()
    until(lambda: containers(engine) == [])


def test_a_program_that_is_stopped_is_gone_at_once_and_the_pool_serves_the_next(pool: Pool, engine: Any) -> None:
    source = (
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('begun', flush=True)\nwhile True: pass"
    )
    events = pool.run(Program("python", "main.py", (GistFile("main.py", source.encode(), None),)))
    while not isinstance(next(events), Output):
        pass
    began = time.monotonic()
    pool.stop()
    with pytest.raises(SandboxUnavailable):
        list(events)
    assert time.monotonic() - began < 1
    until(lambda: containers(engine, "sandbox") == [])
    assert ran(pool, "print('next')") == "next\n"
    pool.stop()  # nothing runs
    assert ran(pool, "print('again')") == "again\n"
