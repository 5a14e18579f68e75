"""Files of the registries, as they are downloaded."""

import base64
import hashlib
import os
import re
import time
import urllib.error
import urllib.parse
import urllib.request

_PIECE = 256 * 1024
_TRIES = 3


class NotGot(Exception):
    """A file could not be downloaded, as the end of a sentence that begins with its name."""


def indexes():
    """The addresses of the registries, as uv's own variables name them."""
    first = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or "https://pypi.org/simple"
    more = f"{os.environ.get('UV_INDEX', '')} {os.environ.get('UV_EXTRA_INDEX_URL', '')}".split()
    return [re.sub(r"^[\w-]+=", "", each) for each in [*more, first]]


def opened(url, headers=None, seconds=60):
    """The answer to a question for that address. A registry's own files get the name and password of its address."""
    parts = urllib.parse.urlsplit(url)
    headers = dict(headers or {})
    for index in indexes():
        own = urllib.parse.urlsplit(index)
        if own.username and (own.scheme, own.hostname, own.port) == (parts.scheme, parts.hostname, parts.port):
            secret = f"{urllib.parse.unquote(own.username)}:{urllib.parse.unquote(own.password or '')}"
            headers["Authorization"] = f"Basic {base64.b64encode(secret.encode()).decode()}"
    plain = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    asked = urllib.request.Request(plain, headers=headers)  # noqa: S310 - whoever calls looks at it
    return urllib.request.urlopen(asked, timeout=seconds)  # noqa: S310


def download(url, path, most_bytes):
    """Download it; returns its SHA-256."""
    if not url.startswith(("https://", "http://")):
        raise NotGot("has an address of another kind than https")
    for last in (False,) * (_TRIES - 1) + (True,):
        try:
            return _download(url, path, most_bytes)
        except urllib.error.HTTPError as error:
            if last or error.code < 500:
                raise NotGot(f"could not be downloaded: its registry answered with status {error.code}") from error
        except (OSError, ValueError) as error:
            if last:
                raise NotGot("could not be downloaded") from error
        time.sleep(0.3)
    raise AssertionError


def _download(url, path, most_bytes):
    digest, size = hashlib.sha256(), 0
    with opened(url) as answer, open(path, "wb") as file:
        while piece := answer.read(_PIECE):
            size += len(piece)
            if size > most_bytes:
                raise NotGot("is larger than what is taken")
            digest.update(piece)
            file.write(piece)
    return digest.hexdigest()
