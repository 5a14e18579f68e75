"""What a Python program asks for, and what of it is refused before anything is asked."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Program
from gistrun.packages.python import Python
from gistrun.packages.uv_reasons import reason


def wanted(files: dict[str, str | bytes], *packages: str, declared_only: bool = False) -> dict[str, str]:
    """What the first of these files asks for, with the reason for each."""
    made = tuple(
        GistFile(name, content if isinstance(content, bytes) else content.encode()) for name, content in files.items()
    )
    program = Program("python", next(iter(files)), made, packages=packages)
    return {need.text: need.source for need in Python().wanted(program, declared_only)}


def block(*lines: str) -> str:
    return "\n".join(["# /// script", *(f"# {line}" for line in lines), "# ///", "import numpy", ""])


@pytest.mark.parametrize(
    ("files", "asked"),
    [
        ({"a.py": block('dependencies = ["six", "idna>=3; python_version > \'3\'"]')}, {"six": "pep723"}),
        ({"a.py": "import six", "requirements.txt": "six==1.0 # old\n\n# no\n"}, {"six==1.0": "requirements.txt"}),
        (
            {"a.py": "", "requirements.txt": "six \\\n  --hash=sha256:abc \\\n  --hash=sha256:def"},
            {"six": "requirements.txt"},
        ),
        ({"a.py": "", "requirements.txt": "uvicorn[standard]>=0.2"}, {"uvicorn[standard]>=0.2": "requirements.txt"}),
        ({"a.py": "", "pyproject.toml": '[project]\ndependencies = ["six"]'}, {"six": "pyproject.toml"}),
        (
            {"a.py": "", "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.9"\nsix = "^1.2"'},
            {"six<2,>=1.2": "pyproject.toml"},
        ),
        ({"a.py": "", "Pipfile": '[packages]\nsix = "*"\n'}, {"six": "Pipfile"}),
        (
            {"a.py": "", "environment.yml": "dependencies:\n  - python\n  - pip:\n    - six\n"},
            {"six": "environment.yml"},
        ),
        ({"a.py": "# pip install six\nimport idna"}, {"six": "pip install"}),
        (
            {"a.py": "import yaml, os, PIL.Image\nfrom . import mine\nfrom sklearn.svm import SVC"},
            {"pyyaml": "import", "pillow": "import", "scikit-learn": "import"},
        ),
        ({"a.py": "import mine", "mine.py": "import requests"}, {"requests": "import"}),
        ({"a.py": "import tkinter, ConfigParser, __future__"}, {}),
        ({"a.py": "import no_such_module_of_anybody"}, {}),
        ({"a.py": "'''\nimport requests\n'''\n# import idna\n"}, {}),
    ],
)
def test_what_a_program_asks_for(files: dict[str, str | bytes], asked: dict[str, str]) -> None:
    found = wanted(files)
    assert asked.items() <= found.items()
    assert found or not asked


def test_a_declaration_counts_before_imports_and_the_block_before_all() -> None:
    files: dict[str, str | bytes] = {"a.py": block('dependencies = ["six"]'), "requirements.txt": "idna"}
    assert wanted(files) == {"six": "pep723"}
    assert wanted({"a.py": "import requests"}, declared_only=True) == {}
    assert wanted({"a.py": "import requests"}, "six") == {"six": "gist.toml", "requests": "import"}


HOSTILE = {
    "another file": "-r other.txt",
    "constraints": "-c other.txt",
    "an index": "--index-url https://evil.test/simple",
    "an index with =": "--index-url=https://evil.test/simple",
    "one more index": "--extra-index-url https://evil.test/simple",
    "short for an index": "-i https://evil.test/simple",
    "a folder of packages": "--find-links https://evil.test/",
    "a trusted host": "--trusted-host evil.test",
    "editable": "-e .",
    "the gist itself": ".",
    "a path": "./evil",
    "a parent's path": "../../etc",
    "an absolute path": "/etc/passwd",
    "a Windows path": "C:\\evil",
    "a wheel": "evil-1.0-py3-none-any.whl",
    "a file address": "file:///etc/passwd",
    "an address": "https://evil.test/evil.tar.gz",
    "a named address": "six @ https://evil.test/six.whl",
    "a named path": "six @ file:///etc/passwd",
    "a repository": "git+https://evil.test/six",
    "a named repository": "six @ git+https://evil.test/six",
    "an egg": "https://evil.test/six#egg=six",
    "an option behind a name": "six --config-settings=x=y",
    "a global option": "six --global-option=build",
    "a variable": "${HOME}",
    "a variable in a name": "six==${EVIL}",
    "two in one": "six idna",
    "a shell": "six; rm -rf /",
    "a substitution": "$(touch evil)",
    "a bell": "six\x07",
    "a zero byte": "six\x00",
    "a look-alike": "ѕіх",
    "a direction": "six\u202e",
    "a broken marker": "six; os.system('x')",
    "a long name": "a" * 300_000 + "!",
    "nested brackets": "six[" + "[" * 10_000,
}


@pytest.mark.parametrize("line", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("where", ["requirements.txt", "block", "pyproject.toml", "gist.toml", "environment.yml"])
def test_anything_but_names_and_versions_is_refused(line: str, where: str) -> None:
    began = time.thread_time()
    quoted = '"' + "".join(f"\\U{ord(letter):08x}" for letter in line[:1000]) + '"'
    files: dict[str, str | bytes] = {"a.py": ""}
    packages: tuple[str, ...] = ()
    if where == "requirements.txt":
        files[where] = line
    elif where == "block":
        files["a.py"] = block(f"dependencies = [{quoted}]")
    elif where == "pyproject.toml":
        files[where] = f"[project]\ndependencies = [{quoted}]"
    elif where == "environment.yml":
        files[where] = f"dependencies:\n  - pip:\n    - {line}\n"
    else:
        packages = (line,)
    if where == "environment.yml" or len(line) > 1000:
        with suppress(PackagesRefused):  # what does not look like a list of packages is not read
            assert all(text.strip("a") == "" for text in wanted(files, *packages))
    else:
        with pytest.raises(PackagesRefused, match=r"^.{20,400}$"):
            wanted(files, *packages)
    assert time.thread_time() - began < 2


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": block("dependencies = 3")},
        {"a.py": block('dependencies = [["six"]]')},
        {"a.py": block("dependencies = {six = 1}")},
        {"a.py": block("this is no TOML")},
        {"a.py": block("a = " + "[" * 5000)},
        {"a.py": "", "pyproject.toml": "[project]\ndependencies = 'six'"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\nsix = {git = 'https://evil.test'}"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\nsix = {path = '../x'}"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\nsix = {url = 'https://evil.test'}"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\n'six @ https://evil.test/x' = '*'"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\nsix = [{version = '1'}]"},
        {"a.py": "", "pyproject.toml": "[tool.poetry.dependencies]\nsix = {version = 'evil @ x'}"},
        {"a.py": "", "pyproject.toml": "x = '" + "a" * 20_000 + "'"},
        {"a.py": "", "Pipfile": "[packages]\nsix = {file = 'https://evil.test'}"},
        {"a.py": "", "Pipfile": "[packages]\nsix = {version = '*', extras = 'x'}"},
    ],
)
def test_what_is_no_list_of_names_is_refused_with_a_sentence(files: dict[str, str | bytes]) -> None:
    with pytest.raises(PackagesRefused):
        wanted(files)


@pytest.mark.parametrize(
    "content", [b"\xff" * 100_000, b"(" * 200_000, b"import " * 50_000, b"# pip install " * 20_000, b"\x00" * 1000]
)
def test_a_hostile_program_is_looked_through_quickly(content: bytes) -> None:
    began = time.thread_time()
    with suppress(PackagesRefused):
        wanted({"a.py": content, "requirements.txt": b"\\\n" * 50_000, "environment.yml": b" " * 100_000})
    assert time.thread_time() - began < 5


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "cause: Because nosuch was not found in the package registry and you require nosuch, we can conclude that",
            "There is no package nosuch in the registry.",
        ),
        (
            "cause: Because only six<=1.17.0 is available and you require six>=99, we can conclude that your",
            "There is no version of six that is >=99; there is only <=1.17.0.",
        ),
        (
            "cause: Because only real==1.0 is available and\n you require real>=9, we can conclude that your",
            "There is no version of real that is >=9; there is only 1.0.",
        ),
        (
            "cause: Because there is no version of numpy==99 and you require numpy==99, we can conclude that your",
            "There is no version of numpy that is ==99.",
        ),
        (
            "hint: You require CPython 3.14 (`cp314`), but we only found wheels for `torch` (v2.0.0) with the following "
            "Python ABI tags: `cp38`, `cp310`, `cp311`",
            "torch 2.0.0 is made for Python 3.8, 3.10, 3.11, and not for this one. Ask for a newer version of it, or for "
            "another Python.",
        ),
        (
            "hint: Wheels are available for `pywin32` (v312) on the following platforms: `win32`, `win_amd64`",
            "pywin32 312 is made for other machines (win32, win_amd64), and not for this one.",
        ),
        (
            "cause: Because the requested Python version (>=3.14) does not satisfy Python>=3.15 and evil==1.0 depends on",
            "evil needs another Python: >=3.15.",
        ),
        (
            "cause: Because wagtail>=5 depends on django>=3.2.\n And because you require django<2 and wagtail>5, we can "
            "conclude that your requirements are unsatisfiable.\n\nhint: Wheels are required for `wagtail` because",
            "The packages do not go together: django<2 and wagtail>5.",
        ),
        ("x\nrefused: evil 1.0 could not be built here.\n", "evil 1.0 could not be built here."),
        (
            "Request failed\n  cause: Failed to fetch: http://a.test/x.whl\n cause: HTTP status server error (501 Nothing)",
            "a.test did not give a file of these packages: it answered with status 501.",
        ),
        (
            "Request failed\n  cause: Failed to fetch: http://a.test/x.whl\n cause: client error (Connect)",
            "A file of these packages is at a.test, which is no registry of packages here or could not be reached.",
        ),
        ("nothing that is known", None),
    ],
)
def test_why_the_resolver_gave_up_in_a_sentence(said: str, sentence: str | None) -> None:
    assert reason(said) == sentence


@pytest.mark.parametrize("said", ["depends on " * 800, "refused: " * 900, "cause: " * 1100, "`a` (v1) " * 900])
def test_a_reason_is_found_quickly_in_anything(said: str) -> None:
    began = time.thread_time()
    reason(said[-8000:])
    assert time.thread_time() - began < 1


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("# pip install requests beautifulsoup4 (needs python 3)", ["requests", "beautifulsoup4"]),
        ("# pip install -r requirements.txt", []),
        ("# pip install requests; python main.py", ["requests"]),
        ("# pip install pillow.", ["pillow"]),
        ("# pip install numpy to run this", ["numpy"]),
        ("# First pip install pandas\n", []),
    ],
)
def test_a_line_with_pip_install_ends_where_its_packages_end(line: str, names: list[str]) -> None:
    program = Program("python", "main.py", (GistFile("main.py", line.encode()),))
    assert [need.name for need in Python().wanted(program, False)] == names


def test_what_such_a_line_leaves_out_is_imported() -> None:
    source = b"# pip install pandas\nimport pandas, numpy, config, utils\n"
    needs = Python().wanted(Program("python", "main.py", (GistFile("main.py", source),)), False)
    assert [(need.name, need.source) for need in needs] == [("pandas", "pip install"), ("numpy", "import")]


@pytest.mark.parametrize("content", ["requests\n".encode("utf-16"), "\ufeffrequests\n".encode()])
def test_a_file_of_an_editor_of_windows_is_read(content: bytes) -> None:
    files = (GistFile("main.py", b""), GistFile("requirements.txt", content))
    assert [need.name for need in Python().wanted(Program("python", "main.py", files), False)] == ["requests"]


def test_an_empty_file_of_requirements_declares_nothing() -> None:
    files = (GistFile("main.py", b"import six\n"), GistFile("requirements.txt", b"# none\n"))
    assert [need.source for need in Python().wanted(Program("python", "main.py", files), False)] == ["import"]
