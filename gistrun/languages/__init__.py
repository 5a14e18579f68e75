"""Languages are folders of data, `images/<name>/language.toml`: how they are read, and which file of a gist is run."""

from gistrun.languages.choose import choose
from gistrun.languages.language import Language, by_image, first, probe
from gistrun.languages.manifest import IMAGES, load, read
from gistrun.languages.recognise import language_of

__all__ = ["IMAGES", "Language", "by_image", "choose", "first", "language_of", "load", "probe", "read"]
