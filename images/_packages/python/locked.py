"""The packages that the lock names."""

import re
import tomllib


def blocks():
    """The lock's head, and its packages: the text of each, and what is in it."""
    with open("pylock.toml", encoding="utf-8") as file:
        head, *texts = re.split(r"(?=^\[\[packages\]\]\n)", file.read(), flags=re.MULTILINE)
    return [(head, {}), *((text, tomllib.loads(text)["packages"][0]) for text in texts)]


def packages():
    return [package for _, package in blocks()[1:]]
