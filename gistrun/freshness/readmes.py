"""Which gists' badges a README shows. Pure."""

from __future__ import annotations

import re

from gistrun.address import GIST_ID

#: The most gists that are revisited for one README.
MOST = 50

# A slash may be encoded once or twice: shields.io takes the badge's address as a parameter of its own.
_SLASH = "(?:/|%(?:25)?2[Ff])"
_BADGE = re.compile(rf"{_SLASH}gist{_SLASH}({GIST_ID.pattern}){_SLASH}badge\.(?:svg|json)(?![A-Za-z0-9_.-])")


def badged(text: str) -> list[str]:
    """The gists whose badges stand in a README, each once, in its order; at most `MOST`.

    The text is the raw README, in whatever markup. The host in a badge's address does not matter: one service can have
    several names, and a revisit of a gist that another service shows does no harm.
    """
    return list(dict.fromkeys(match[1] for match in _BADGE.finditer(text)))[:MOST]
