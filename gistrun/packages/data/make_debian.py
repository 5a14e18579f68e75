"""make_debian.py PATHS CONTENTS…: writes debian/<language>.tsv, which module is in which package of Debian.

CONTENTS are Debian's own lists of the files of its packages (dists/<suite>/main/Contents-amd64.gz and Contents-all.gz).
PATHS is a folder with a file for each language: all paths of files in the language's image, one a line, without the
first slash. Modules that the image has already stand in the table without a package. A module that is not in the table
is looked for by its beginning, so only those stand there that their beginning does not give.
"""

from __future__ import annotations

import gzip
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
#: In the place of a package: the module is in the language's image.
PRESENT = ""


def main() -> None:
    paths, contents = Path(sys.argv[1]), sys.argv[2:]
    rules = tomllib.loads((HERE / "debian.toml").read_text(encoding="utf-8"))
    for language, rule in rules.items():
        if "files" not in rule:
            continue
        modules: dict[str, str] = {}
        for path, package in listed(contents, rule):
            if (name := module(rule, path)) and better(name, package, modules.get(name)):
                modules[name] = package
        for path in (paths / language).read_text(encoding="utf-8").splitlines():
            if name := module(rule, path):
                modules[name] = PRESENT
        lines = sorted(f"{name}\t{package}\n" for name, package in shortened(modules, rule.get("separator")))
        (HERE / "debian" / f"{language}.tsv").write_text("".join(lines), encoding="utf-8")
        print(language, len(modules), len(lines))


def listed(contents: list[str], rule: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Paths, each with a package of the rule's kind that has it."""
    allowed = re.compile(rule["packages"])
    for each in contents:
        with gzip.open(each, "rt", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                path, _, packages = line.rstrip().rpartition(" ")
                for package in packages.split(","):
                    name = package.rpartition("/")[2]
                    if allowed.fullmatch(name):
                        yield path.rstrip(), name


def module(rule: dict[str, str], path: str) -> str | None:
    """The module that is in that file, as a program writes it; None if it is none."""
    found = re.fullmatch(rule["files"], path)
    if not found:
        return None
    name = found[1].removesuffix("/init") if rule.get("init") else found[1]
    return name.replace("/", rule.get("separator", "/"))


def better(name: str, package: str, than: str | None) -> bool:
    """The package of the module's own name is taken, else the one with the shortest name."""
    if than is None:
        return True
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower())
    return (plain not in package, len(package), package) < (plain not in than, len(than), than)


def shortened(modules: dict[str, str], separator: str | None) -> Iterator[tuple[str, str]]:
    """Without modules that their beginning gives."""
    if separator is None:
        yield from modules.items()
        return
    below: dict[str, set[str]] = {}
    for name, package in modules.items():
        for start in beginnings(name, separator):
            below.setdefault(start, set()).add(package)
    table = {start: packages.pop() for start, packages in below.items() if len(packages) == 1} | modules
    for name, package in table.items():
        given = next((table[start] for start in beginnings(name, separator)[1:] if start in table), None)
        if given != package:
            yield name, package


def beginnings(name: str, separator: str) -> list[str]:
    """The name, and all that it begins with, the longest first."""
    parts = name.split(separator)
    return [separator.join(parts[:length]) for length in range(len(parts), 0, -1)]


if __name__ == "__main__":
    main()
