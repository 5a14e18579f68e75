"""Packages of PyPI in Python programs, from the real registry."""

from __future__ import annotations

import pytest

from gistrun.model import Phase, State
from tests.images.conftest import Packaged

pytestmark = pytest.mark.timeout(900)  # the first may have to build the tools' image

PLOT = """
import os
import matplotlib.pyplot as plt
plt.plot([1, 2, 3])
plt.savefig("/tmp/plot.png")
plt.show()
print(plt.get_backend().lower(), os.path.getsize("/tmp/plot.png") > 1000)
print(sorted(os.listdir(os.path.expanduser("~/.cache/matplotlib")))[0].partition("-")[0])
"""


def test_a_declared_package_is_there_and_its_environment_is_kept(packaged: Packaged) -> None:
    source = '# /// script\n# dependencies = ["six==1.17.0"]\n# ///\nimport six\nprint(six.__version__)\n'
    ran = packaged.run({"main.py": source})
    assert (ran.outcome.state, ran.stdout, ran.packages) == (State.PASSED, "1.17.0\n", {"six": "pep723"}), ran
    again = packaged.run({"main.py": source}, lock=ran.lock)
    assert (again.outcome.state, again.installing, again.lock) == (State.PASSED, "", ran.lock)


def test_an_imported_package_is_there(packaged: Packaged) -> None:
    ran = packaged.run({"main.py": "import yaml\nprint(yaml.safe_load('a: [1]'))\n"})
    assert (ran.outcome.state, ran.stdout, ran.packages) == (State.PASSED, "{'a': [1]}\n", {"pyyaml": "import"}), ran


def test_a_package_that_is_only_there_as_source_is_built(packaged: Packaged) -> None:
    ran = packaged.run({"main.py": "# pip install docopt\nimport docopt\nprint(docopt.__version__)\n"})
    assert (ran.outcome.state, ran.stdout) == (State.PASSED, "0.6.2\n"), ran
    assert ran.lock
    assert b"docopt-0.6.2.tar.gz" in ran.lock.text
    assert packaged.run({"main.py": "# pip install docopt\nimport docopt\n"}, lock=ran.lock).installing == ""


def test_a_plot_needs_no_display(packaged: Packaged) -> None:
    """The first run may have to look for fonts itself; then the environment is prepared."""
    files = {"main.py": PLOT}
    first = packaged.run(files)
    packaged.installing.close()
    ran = packaged.run(files, lock=first.lock)
    assert (ran.outcome.state, ran.stdout, ran.stderr) == (State.PASSED, "agg True\nfontlist\n", ""), ran


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("no-such-thing-of-gistrun", "There is no package no-such-thing-of-gistrun in the registry."),
        ("numpy==99", "There is no version of numpy that is ==99."),
        ("pywin32", "is made for other machines (win32, win_amd64, win_arm64), and not for this one."),
        ("torch==2.0.0", "torch 2.0.0 is made for Python 3.8, 3.9, 3.10, 3.11, and not for this one."),
        ("django<2\n# pip install wagtail>5", "The packages do not go together: django<2 and wagtail>5."),
    ],
)
def test_what_cannot_be_had_is_told_in_a_sentence_with_its_line(packaged: Packaged, asked: str, sentence: str) -> None:
    ran = packaged.run({"main.py": f"x = 1\n# pip install {asked}\n"})
    assert (ran.outcome.state, ran.outcome.phase) == (State.FAILED, Phase.INSTALL)
    assert sentence in (ran.outcome.message or "")
    assert [hint.text.partition(" in ")[2] for hint in ran.outcome.hints] == [
        "line 2 of main.py. Correct it there, or take it out."
    ]
