"""The ecosystems by the names that `language.toml` gives them."""

from __future__ import annotations

from collections.abc import Mapping

from gistrun.packages.debian import Debian
from gistrun.packages.python import Python
from gistrun.packages.wanted import Ecosystem

ALL: Mapping[str, Ecosystem] = {"debian": Debian(), "python": Python()}
