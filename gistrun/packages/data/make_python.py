"""make_python.py DB LIST: writes python.tsv, which import is which distribution of PyPI.

DB is the database of the distribution `pigar` on PyPI (pigar/.db.sqlite3 in its wheel; BSD-3-Clause): the top-level
modules of every distribution. LIST names the distributions that are downloaded most, the most downloaded first, one a
line. Of several that have a module, the most downloaded is taken. Distributions that are not in LIST are left out, so
that a misspelt import installs no stranger's.
"""

import re
import sqlite3
import sys
from pathlib import Path

#: Top-level folders that packages contain by mistake.
NOT_MEANT = {"test", "tests", "testing", "doc", "docs", "example", "examples", "src", "scripts", "script", "tools"} | {
    "benchmark",
    "benchmarks",
    "build",
    "dist",
    "bin",
    "lib",
    "sample",
    "samples",
    "setup",
    "conftest",
    "tutorial",
    "tutorials",
    "data",
    "notebooks",
    "utils",
    "config",
    "static",
    "templates",
    "resources",
    "demo",
    "main",
    "common",
}
#: Names that people give to files of their own: where such a file is missing, nothing on PyPI is meant.
OWN = """
config configs utils util common models model helpers helper settings constants constant database db app apps api
server client core module modules data main base types schemas schema routes views forms tasks logger logging_config
errors exceptions parser lexer tokens token node nodes graph board game player snake package mypackage mymodule
hello world foo bar spam test1 lib libs functions func classes interface process worker workers handler handlers
services service controllers controller managers manager commands command plugin plugins extension extensions
solution problem input output point shape shapes vector matrix stack queue_ tree linkedlist list
""".split()  # noqa: SIM905 - a list of a hundred words
#: Where the most downloaded is not the one that a program without a display wants, or the module says too little.
CHOSEN = {
    "cv2": "opencv-python-headless",
    "google.protobuf": "protobuf",
    "google.generativeai": "google-generativeai",
    "google.cloud.storage": "google-cloud-storage",
    "google.cloud.bigquery": "google-cloud-bigquery",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "google": None,
    "pkg_resources": "setuptools",
    "distutils": "setuptools",
    "mpl_toolkits": "matplotlib",
    "pylab": "matplotlib",
    "attr": "attrs",
    "psycopg2": "psycopg2-binary",
    "Crypto": "pycryptodome",
    "jwt": "PyJWT",
    "serial": "pyserial",
    "magic": "python-magic",
    "py": "py",
    "socks": "PySocks",
    "dns": "dnspython",
    "slugify": "python-slugify",
}


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


db, popular = sqlite3.connect(sys.argv[1]), Path(sys.argv[2]).read_text().split()
rank = {normal(name): number for number, name in enumerate(popular)}
best: dict[str, str] = {}
query = "select d.name, m.name from distributions d join top_level_module_names m on m.distribution_id = d.id"
for distribution, module in db.execute(query):
    name = normal(distribution)
    if name not in rank or module.lower() in NOT_MEANT or module in OWN or not re.fullmatch(r"[^\W\d]\w*", module):
        continue
    if module not in best or rank[name] < rank[best[module]]:
        best[module] = name
for name in rank.keys() - set(OWN):  # those that the database does not have yet
    best.setdefault(name.replace("-", "_"), name)
for module, chosen in CHOSEN.items():
    best.pop(module, None)
    if chosen:
        best[module] = normal(chosen)
lines = [f"{module}\t{best[module]}\n" for module in sorted(best)]
Path(__file__).with_name("python.tsv").write_text("".join(lines))
