"""Packages of PyPI.

In this order: a PEP 723 block in the program (https://packaging.python.org/en/latest/specifications/inline-script-metadata/),
`requirements.txt`, `pyproject.toml`, `Pipfile`, the pip part of `environment.yml`, lines with `pip install`; else what
is imported.
"""

from __future__ import annotations

import re
import tomllib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from gistrun.errors import PackagesRefused
from gistrun.model import GistFile, Package, Program
from gistrun.packages.distributions import imported
from gistrun.packages.uv_reasons import reason
from gistrun.packages.wanted import LOOKED_AT, Need, Wanted

_BLOCK = re.compile(r"^# /// script[ \t]*\r?\n((?:#(?: [^\n]*)?\r?\n)+?)# ///[ \t]*\r?$", re.MULTILINE)
_PIP_LINE = re.compile(
    r"^[ \t]{0,8}(?:#[ \t]{0,8})?(?:[!%$][ \t]{0,8})?(?:python3?[ \t]{1,8}-m[ \t]{1,8})?(?:uv[ \t]{1,8})?"
    r"pip3?[ \t]{1,8}install[ \t]{1,8}(\S.{0,500})$",
    re.MULTILINE,
)
#: Options of `pip install` that mean nothing here, and may stand in a line of a comment.
_HARMLESS = {"-U", "--upgrade", "-q", "--quiet", "--user", "--break-system-packages", "-y", "--no-cache-dir"}
_ARCHIVES = (".whl", ".egg", ".zip", ".gz", ".bz2", ".xz", ".tar", ".tgz")
_HASH = re.compile(r"\\?[ \t]{0,8}--hash[= ]\S{1,200}")


class Python:
    """See `wanted.Ecosystem`."""

    hosts = frozenset({"pypi.org", "files.pythonhosted.org"})
    lock_name = "pylock.toml"

    def wanted(self, program: Program, declared_only: bool) -> tuple[Need, ...]:
        named = tuple(_requirements(program.packages, "gist.toml"))
        for declared in _DECLARED:
            needs = declared(program)
            if needs is not None:
                return (*named, *needs)
        lines = _pip_lines(program)  # such a line often names only some
        there = {need.name for need in lines}
        others = () if declared_only else (need for need in imported(program) if need.name not in there)
        return (*named, *lines, *others)

    def request(self, wanted: Wanted) -> Mapping[str, bytes]:
        return {"requirements.in": "".join(f"{need.text}\n" for need in wanted.needs).encode()}

    def packages(self, lock: bytes, wanted: Wanted) -> tuple[Package, ...]:
        """From a lock of PEP 751 (https://packaging.python.org/en/latest/specifications/pylock-toml/)."""
        table = tomllib.loads(lock.decode("utf-8"))
        listed = [(str(each["name"]), str(each["version"])) for each in table.get("packages", [])]
        return tuple(Package(name, version, wanted.source(name)) for name, version in listed)

    def reason(self, said: str) -> str | None:
        return reason(said)


#: Such a line may name the gist's own file, which is read by itself.
_REQUIREMENTS_FILE = re.compile(
    r"(?:^|(?<=\s))(?:-r|--requirement)[ \t=]{0,8}[\w.-]{0,40}requirements[\w.-]{0,40}\.txt"
)


def _block(program: Program) -> list[Need] | None:
    found = _BLOCK.search(_text(_file(program, program.file)))
    if not found:
        return None
    lines = (line.removeprefix("#").removeprefix(" ") for line in found[1].splitlines())
    table = _toml("\n".join(lines), "The script block at the top")
    return list(_requirements(_texts(table.get("dependencies", [])), "pep723"))


def _requirements_file(program: Program) -> list[Need] | None:
    file = _file(program, "requirements.txt")
    if file is None:
        return None
    lines = re.sub(r"\\\r?\n", " ", _HASH.sub("", _text(file))).splitlines()
    plain = [line for each in lines if (line := re.sub(r"(^|\s)#.*", "", each).strip())]
    return list(_requirements(plain, file.name)) if plain else None


def _project(program: Program) -> list[Need] | None:
    file = _file(program, "pyproject.toml")
    table = _toml(_text(file), "pyproject.toml") if file else {}
    project = table.get("project")
    if isinstance(project, dict) and "dependencies" in project:
        return list(_requirements(_texts(project["dependencies"]), "pyproject.toml"))
    poetry = _within(table, "tool", "poetry", "dependencies")
    return _pins(poetry, "pyproject.toml") if poetry else None


def _pipfile(program: Program) -> list[Need] | None:
    file = _file(program, "Pipfile")
    table = _within(_toml(_text(file), "Pipfile"), "packages") if file else None
    return _pins(table, "Pipfile") if table is not None else None


def _conda(program: Program) -> list[Need] | None:
    """The list below `- pip:`. The rest of such a file names packages of another registry."""
    file = _file(program, "environment.yml") or _file(program, "environment.yaml")
    lines = iter(_text(file).splitlines()) if file else iter(())
    for line in lines:
        if re.fullmatch(r"\s{0,20}- pip:\s*", line):
            indent = len(line) - len(line.lstrip())
            items = []
            for item in lines:
                found = re.fullmatch(r"(\s{0,40})-\s+[\"']?([^\"'#]{1,200})[\"']?\s*(?:#.*)?", item)
                if not found or len(found[1]) <= indent:
                    break
                items.append(found[2].strip())
            return list(_requirements(items, file.name if file else ""))
    return None


def _pip_lines(program: Program) -> list[Need]:
    """Lines such as `!pip install numpy` and `# pip install numpy`."""
    words: list[str] = []
    for line in _PIP_LINE.findall(_text(_file(program, program.file))):
        line = _REQUIREMENTS_FILE.sub("", line)
        for word in line.split():
            if word.startswith(("#", "&", ";", "|", ">", "(")) or _is_prose(word):
                break
            if word not in _HARMLESS:
                words.append(word.strip("\"'`,;").rstrip("."))
            if word.endswith(";"):
                break
    return list(_requirements(words, "pip install"))


#: The ways to declare, the first of which that is there counts.
_DECLARED: tuple[Callable[[Program], list[Need] | None], ...] = (
    _block,
    _requirements_file,
    _project,
    _pipfile,
    _conda,
)


def _requirements(texts: Iterable[str], source: str) -> Iterator[Need]:
    for text in texts:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise PackagesRefused(_refusal(text, source)) from None
        # uv takes a name that ends like an archive for a file beside the requirements.
        if requirement.url or requirement.name.lower().endswith(_ARCHIVES):
            raise PackagesRefused(_refusal(text, source))
        yield Need(canonicalize_name(requirement.name), str(requirement), source)


def _refusal(text: str, source: str) -> str:
    where = {"pep723": "The script block at the top", "pip install": "A line with pip install"}.get(source, source)
    return (
        f"{where} asks for “{text[:80]}”, which is not a name of PyPI with a version, such as numpy>=2. Addresses, "
        "paths and options are not followed."
    )


def _pins(table: Mapping[str, Any], source: str) -> list[Need]:
    """The requirements of a table from names to versions, as Poetry and Pipenv write it."""
    texts = []
    for name, value in table.items():
        if name.lower() == "python":
            continue
        version, extras = value, ""
        if isinstance(value, dict):
            if unknown := next((key for key in ("git", "path", "url", "file", "ref", "source") if key in value), None):
                raise PackagesRefused(_refusal(f"{name} from a {unknown}", source))
            version = value.get("version", "*")
            extras = f"[{','.join(_texts(value.get('extras', [])))}]" if value.get("extras") else ""
        texts.append(f"{name}{extras}{_specifier(str(version))}")
    return list(_requirements(texts, source))


def _specifier(version: str) -> str:
    """Poetry's and Pipenv's way to write versions, as packaging's."""
    if version in ("*", ""):
        return ""
    caret = re.fullmatch(r"\^\s*(\d+)((?:\.\d+)*)", version)
    if caret:
        return f">={caret[1]}{caret[2]},<{int(caret[1]) + 1}"
    tilde = re.fullmatch(r"~\s*(\d+)((?:\.\d+)*)", version)
    if tilde:
        return f"~={tilde[1]}{tilde[2]}" if tilde[2] else f">={tilde[1]},<{int(tilde[1]) + 1}"
    return version if version[0] in "<>=!~" else f"=={version}"


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise PackagesRefused("The dependencies that the gist declares are not a list of texts.")
    return value


def _within(table: Any, *names: str) -> Mapping[str, Any] | None:
    for name in names:
        table = table.get(name) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else None


def _toml(text: str, what: str) -> dict[str, Any]:
    if len(text) > 16_384:
        raise PackagesRefused(f"{what} is larger than the 16,384 characters that are read.")
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise PackagesRefused(f"{what} cannot be read: {error}.") from None


def _file(program: Program, name: str) -> GistFile | None:
    return next((file for file in program.files if file.name == name), None)


def _text(file: GistFile | None) -> str:
    if file is None:
        return ""
    content = file.content[:LOOKED_AT]
    # Editors of Windows write these.
    encoding = "utf-16" if content.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    return content.decode(encoding, "replace").replace("\r\n", "\n")


def _is_prose(word: str) -> bool:
    """Whether a comment goes on in words after the names of packages."""
    return word.lower() in {
        "to",
        "and",
        "or",
        "the",
        "if",
        "first",
        "for",
        "before",
        "this",
        "it",
        "you",
        "then",
        "with",
    }
