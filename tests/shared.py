"""Where the real data lies that the tests are fed with: a folder named `shared` beside the repository."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

FOLDER = Path(os.environ.get("GISTRUN_SHARED") or Path(__file__).resolve().parents[2] / "shared")

needs_shared = pytest.mark.skipif(not FOLDER.is_dir(), reason=f"the real data is not there ({FOLDER})")
