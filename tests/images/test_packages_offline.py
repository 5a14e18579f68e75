"""A program with packages is as shut in as one without: no network, nothing to write to, nothing left for the next."""

from __future__ import annotations

import json

import pytest

from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)

_DECLARED = '# /// script\n# dependencies = ["six==1.17.0"]\n# ///\n'
#: Tries to write to every file and folder, and to reach what an installer reaches.
_TRIES = (
    _DECLARED
    + r"""
import json, os, six, socket
socket.setdefaulttimeout(3)
found = {"written": [], "reached": [], "there": []}
for folder, folders, files in os.walk("/"):
    if folder in ("/proc", "/sys", "/dev", "/sandbox"):
        folders[:] = []
        continue
    try:
        os.mkdir(os.path.join(folder, "gistrun-test"))
        found["written"].append(folder)
    except OSError:
        pass
    for file in files:
        try:
            os.close(os.open(os.path.join(folder, file), os.O_WRONLY | os.O_NONBLOCK))
            found["written"].append(os.path.join(folder, file))
        except OSError:
            pass
for host, port in (("pypi.org", 443), ("1.1.1.1", 443), ("127.0.0.1", 3128), ("169.254.169.254", 80)):
    try:
        socket.create_connection((host, port)).close()
        found["reached"].append(host)
    except OSError:
        pass
for path in ("/registry/socket", "/cache", "/request"):
    if os.path.isfile(path) or os.path.exists(path) and os.listdir(path):
        found["there"].append(path)
with open("/sandbox/left", "w") as file:
    file.write("x")
open("/dev/shm/left", "w").close()
print(json.dumps(found))
"""
)
_LOOKS = _DECLARED + 'import os, six\nprint([os.path.exists(each) for each in ("/sandbox/left", "/dev/shm/left")])\n'


def test_a_program_with_packages_reaches_nothing_and_writes_nowhere(packaged: Packaged) -> None:
    ran = packaged.run({"main.py": _TRIES})
    found = json.loads(ran.stdout)
    # What the installer was given is not there either, but for what it left in its own image.
    assert (found["written"], found["reached"]) == ([], [])
    assert "/registry/socket" not in found["there"]
    assert "/cache" not in found["there"]


def test_nothing_is_left_for_the_next_gist_with_the_same_packages(packaged: Packaged) -> None:
    first = packaged.run({"main.py": _TRIES})
    second = packaged.run({"main.py": _LOOKS})
    assert first.lock
    assert second.lock
    assert second.lock.digest == first.lock.digest
    assert second.stdout == "[False, False]\n"
