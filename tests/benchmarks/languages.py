"""`python -m tests.benchmarks.languages [NAME…]`: the table of docs/languages.md: what each language costs.

The hello of each language runs three times in a sandbox that waits. The figures are medians: to the first byte, and of
that the compile phase. With names only the rows of those languages are measured; the others stay as they are.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from contextlib import closing
from pathlib import Path

from gistrun import engine, figures, languages
from gistrun.images.catalogue import Catalogue
from gistrun.images.checks import checks, hello
from gistrun.languages import Language
from gistrun.model import Limits, Outcome, Output, Program
from gistrun.sandbox.maker import Maker
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import Policy
from gistrun.sandbox.pool import Pool

PAGE = Path(__file__).resolve().parents[2] / "docs" / "languages.md"
_TIMES = 3
_HEAD = """# Languages

What `python -m tests.benchmarks.languages` printed on {date}, on two processors under runc. The size of an image
includes what it shares with others: all stand on a Debian of 120 MB, and many on the image of another language. The
first byte is that of the language's hello in a sandbox that waits, compiling included. The time to build is that of the
image alone on this engine, while another was built beside it; layers that were there already took none.
`gistrun images check` runs the checks, and `pytest tests/images` runs those of all languages and versions.

| language | version | toolchain | image | to build | first byte | of that compiling | checks |
|---|---|---|---|---|---|---|---|
"""


def main() -> int:
    """Print the table, and write the page."""
    names = sys.argv[1:]
    docker = engine.connect(60)
    known = languages.load()
    catalogue = Catalogue(docker, known)
    kept = _kept(PAGE.read_text(encoding="utf-8"))
    rows: list[str] = []
    with closing(
        Pool(Maker(docker, catalogue, known, Policy(Limits()), Owner(f"table-{os.getpid()}", "table")))
    ) as pool:
        for language in sorted(known.values(), key=lambda language: language.title.lower()):
            if names and language.name not in names:
                rows += kept.get(language.title, [])
                continue
            for version in language.versions:
                ready = catalogue.ready(version.image)
                found = docker.image(ready.digest) if ready else None
                program = hello(version, languages.IMAGES / version.name)
                if not (ready and found):
                    continue
                first, compiling = _measured(pool, version, program.program)
                count = sum(1 for _ in checks(version, languages.IMAGES))
                rows.append(
                    f"| {version.title} | {version.version or ''} | {ready.toolchain} | {figures.size(found['Size'])} "
                    f"| {found['Config']['Labels'].get('gistrun.seconds', '?')} s "
                    f"| {first:.0f} ms | {f'{compiling:.0f} ms' if compiling else ''} | {count} |"
                )
                print(rows[-1], flush=True)
    page = PAGE.read_text(encoding="utf-8")
    # What follows the table is written by hand, and so is what stands before it if only some rows were measured.
    head = _HEAD.format(date=time.strftime("%Y-%m-%d", time.gmtime()))
    if names:
        head = page.partition("|---|")[0] + "|---|---|---|---|---|---|---|---|\n"
    rest = page.partition("\n## ")
    PAGE.write_text(head + "\n".join(rows) + "\n" + "".join(rest[1:]), encoding="utf-8")
    return 0


def _kept(page: str) -> dict[str, list[str]]:
    """The rows of the page's table, by the language's title."""
    rows: dict[str, list[str]] = {}
    for line in page.partition("|---|")[2].partition("\n## ")[0].splitlines()[1:]:
        if line.startswith("| "):
            rows.setdefault(line.split("|")[1].strip(), []).append(line)
    return rows


def _measured(pool: Pool, version: Language, program: Program) -> tuple[float, float]:
    """Medians in milliseconds: to the first byte, and of the compile phase."""
    firsts, compiles = [], []
    for _ in range(_TIMES):
        pool.prepare(version.image)
        began, first = time.perf_counter(), 0.0
        for event in pool.run(program):
            if isinstance(event, Output) and not first:
                first = time.perf_counter() - began
            elif isinstance(event, Outcome):
                compiles.append(event.compile_ms or 0)
        firsts.append(first * 1000)
    return statistics.median(firsts), statistics.median(compiles)


if __name__ == "__main__":
    sys.exit(main())
