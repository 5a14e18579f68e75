"""make_ruby.py CONTENTS…: writes ruby.tsv, which module is in which gem, for the gems that Debian has.

CONTENTS are Debian's lists of the files of its packages, as for make_debian.py, whose debian/ruby.tsv says which module
is in which package. A package has the gems whose specifications are in it.
"""

from __future__ import annotations

import gzip
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
_SPECIFICATION = re.compile(
    r"usr/(?:share|lib/[\w-]+)/rubygems-integration/[^/]+/specifications/([A-Za-z0-9_][\w.-]*?)-\d[^/]*\.gemspec"
)


def main() -> None:
    gems = listed(sys.argv[1:])
    lines = []
    for line in (HERE / "debian" / "ruby.tsv").read_text(encoding="utf-8").splitlines():
        module, package = line.split("\t")
        # Without a package: the module is in the language's image.
        if not package or package in gems:
            lines.append(f"{module}\t{gem(module, gems[package]) if package else ''}\n")
    (HERE / "ruby.tsv").write_text("".join(lines), encoding="utf-8")


def listed(contents: list[str]) -> dict[str, set[str]]:
    """The gems of each package."""
    gems: dict[str, set[str]] = {}
    for each in contents:
        with gzip.open(each, "rt", encoding="utf-8", errors="replace") as lines:
            for line in lines:
                path, _, packages = line.rstrip().rpartition(" ")
                if found := _SPECIFICATION.fullmatch(path.rstrip()):
                    for package in packages.split(","):
                        gems.setdefault(package.rpartition("/")[2], set()).add(found[1])
    return gems


def gem(module: str, gems: set[str]) -> str:
    """The one that has the module's own name, else the one with the shortest name."""
    plain = re.sub(r"[^a-z0-9]", "", module.lower())
    return min(gems, key=lambda name: (re.sub(r"[^a-z0-9]", "", name.lower()) != plain, len(name), name))


if __name__ == "__main__":
    main()
