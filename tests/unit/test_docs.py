"""What is written for people is held to what is."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from gistrun import languages
from gistrun.explaining import SENTENCES
from gistrun.model import Gist, GistFile, Request
from gistrun.render.badge import STYLES
from gistrun.render.badge.standing import DETAILS
from gistrun.sandbox.verdict import NEEDS_INPUT
from gistrun.settings import variables

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _variables(text: str) -> set[str]:
    return set(
        re.findall(
            r"\b(?:GISTRUN_[A-Z_]+|GITHUB_[A-Z_]+|REDIS_URL|DOCKER_HOST|SECRET_KEY|HTTPS_PROXY|PORT|HOST)\b", text
        )
    )


def test_every_setting_is_documented_and_no_other() -> None:
    text = (ROOT / "docs" / "self-hosting.md").read_text()
    documented = {name for row in re.findall(r"^\| (`[^|]+) \|", text, re.MULTILINE) for name in _variables(row)}
    assert documented == variables() | {"DOCKER_HOST"}  # which the Docker SDK reads itself


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        if not target.startswith(("http://", "https://")):
            assert (page.parent / target).exists(), target


def test_every_room_of_the_readme_is_there_and_every_room_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text()
    table = text[text.index("| room |") :]
    named = set(re.findall(r"`(?:gistrun/)?([a-z]+)(?:\.py|/)`", table))
    rooms = {path.stem for path in (ROOT / "gistrun").iterdir() if path.stem not in ("__init__", "__pycache__")}
    assert rooms <= named
    assert named - rooms <= {"webhooks", "images", "tests"}


def test_every_hint_is_in_the_table_with_the_programs_that_were_tried() -> None:
    tried = tomllib.loads((ROOT / "tests/images/hints.toml").read_text())["tried"]
    known = languages.load()
    rows = []
    for name, sentence in {NEEDS_INPUT.name: NEEDS_INPUT.text, **SENTENCES}.items():
        programs = []
        for each in (each for each in tried if each["hint"] == name):
            file = GistFile(each["file"], each["source"].encode())
            language = languages.choose(Gist("1", "0" * 40, (file,)), Request(), known).language
            programs.append(f"{known[language].title}: {each['by']}")
        assert len(programs) >= 3
        rows.append(f"| `{name}` | {sentence.format('…')} | {'; '.join(programs)} |\n")
    text = (ROOT / "docs/what-runs.md").read_text()
    assert [row for row in rows if row not in text] == []


def test_every_style_and_detail_of_a_badge_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/badges.md").read_text()
    said = {
        name: set(re.findall(r"`([\w-]+)`", text.split(f"| `{name}` | ")[1].split("|")[0]))
        for name in ("style", "show")
    }
    assert said == {"style": set(STYLES), "show": set(DETAILS)}
    used = set(re.findall(r'asked\.get(?:list)?\("(\w+)"', (ROOT / "gistrun/web/badges.py").read_text()))
    assert {
        name for row in re.findall(r"^\| (`.+`) \|", text, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)
    } >= used


def test_every_key_is_in_the_table_of_the_store_and_no_other() -> None:
    rooms = sorted((ROOT / "gistrun" / "store").glob("*.py"))
    table = rooms.pop(0).read_text()
    used = {key for room in rooms for key in re.findall(r'redis_key\(\s*"(\w+)"', room.read_text())}
    assert set(re.findall(r"^    ([a-z_]+)[: ].* {2,}\S", table, re.MULTILINE)) == used
    for room in rooms:
        assert re.search(rf"^(\w+, )*{room.stem}(, \w+)*: ", table, re.MULTILINE), room


def test_every_test_that_the_security_page_names_is_there() -> None:
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    names = {path.name for path in (ROOT / "tests").rglob("*")}
    for named in re.findall(r"`((?:tests/[a-z]+/)?test_\w+(?:\.py|…)?)`", (ROOT / "docs" / "security.md").read_text()):
        if named.endswith(".py"):
            assert named.rpartition("/")[2] in names, named
        else:
            assert f"def {named.removesuffix('…')}" in tests, named


def test_commands_in_the_readme_exist() -> None:
    text = (ROOT / "README.md").read_text()
    for script in re.findall(r"\bscript/[a-z]+", text):
        assert (ROOT / script).exists()
