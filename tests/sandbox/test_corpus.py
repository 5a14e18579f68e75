"""A corpus of hostile programs, each with what a correct service must show."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest

from gistrun.model import State
from tests.sandbox.conftest import Run
from tests.sandbox.runtimes import Runtime
from tests.shared import FOLDER

pytestmark = pytest.mark.usefixtures("beside")

_LANGUAGES = {".py": "python", ".sh": "bash", ".c": "c", ".pl": "perl"}
#: The corpus' words for limits, and ours.
_LIMITS = {
    "wall": {"time"},
    "memory": {"memory"},
    "pids": {"processes"},
    "disk": {"disk", "files"},
    "output": {"output"},
}

#: Devices that a kernel in user space has, with nothing of the host behind them.
_OF_ITS_OWN_KERNEL = re.compile(r"^LEAK /dev/(fuse|net/tun) .*$", re.MULTILINE)


def _cases() -> list[Any]:
    if not FOLDER.is_dir():
        return [pytest.param({}, marks=pytest.mark.skip(f"the real data is not there ({FOLDER})"))]
    cases = []
    for path in sorted(FOLDER.glob("hostile/*/case.json")):
        case = json.loads(path.read_text())
        if case["main"] is None:
            continue  # the gist itself attacks: that is GitHub's adapter's to refuse
        case["folder"] = path.parent
        cases.append(pytest.param(case, id=case["name"]))
    return cases


@pytest.mark.parametrize("case", _cases())
def test_the_attack_is_contained_and_reported(case: dict[str, Any], run: Run, runtime: Runtime) -> None:
    main = case["folder"] / case["main"]
    files = {p.name: p.read_bytes() for p in case["folder"].iterdir() if p.name not in ("case.json", "README")}
    ended = run(_LANGUAGES[main.suffix], files, file=main.name, timeout_s=3)
    states, text = set(case["states"]), ended.text
    has = case["has"]
    if not runtime.limits_inodes and case["limit"] == "disk":
        states, has = states | {State.TIMED_OUT}, []
    if not runtime.shares_the_kernel:
        text = _OF_ITS_OWN_KERNEL.sub("", text)
    assert ended.state in states, ended
    for words in has:
        assert words in text
    for words in case["hasnt"]:
        assert words not in text
    if "exit" in case:
        assert ended.outcome.exit_code == case["exit"]
    if case["limit"] and ended.state is not State.PASSED:
        assert ended.outcome.limit, ended.outcome
        allowed = _LIMITS[case["limit"]] | {"memory"} | ({"time"} if State.TIMED_OUT in states else set())
        assert ended.outcome.limit.name in allowed, ended.outcome
    if ended.outcome.limit:
        assert ended.outcome.message
    if "marker" in case:
        processes = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        assert case["marker"] not in processes
