"""Languages are folders of data, `images/<name>/language.toml`: how they are read, and which file of a gist is run."""

from gistrun.languages.choose import choose, language_of
from gistrun.languages.manifest import IMAGES, Language, first, load, probe, read

__all__ = ["IMAGES", "Language", "choose", "first", "language_of", "load", "probe", "read"]
