"""The ecosystems by the names that `language.toml` gives them."""

from __future__ import annotations

from collections.abc import Mapping

from gistrun.packages.debian import Debian
from gistrun.packages.go import Go
from gistrun.packages.jvm import Jvm
from gistrun.packages.node import Node
from gistrun.packages.python import Python
from gistrun.packages.ruby import Ruby
from gistrun.packages.rust import Rust
from gistrun.packages.wanted import Ecosystem

ALL: Mapping[str, Ecosystem] = {
    "debian": Debian(),
    "go": Go(),
    "jvm": Jvm(),
    "node": Node(),
    "python": Python(),
    "ruby": Ruby(),
    "rust": Rust(),
}
