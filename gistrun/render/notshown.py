"""Why a file is shown as text only."""

from __future__ import annotations


class NotShown(Exception):
    """The file cannot be shown as what it is; the text says why, as the end of a sentence: "it is too long"."""
