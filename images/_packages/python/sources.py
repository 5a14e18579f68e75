"""Packages that are only there as source, which uv is told not to build.

find SAID   reads in what uv said which packages have no wheel, and puts a wheel without modules into `stubs` for
            the versions of which something may be wanted. Ends with 1 if there are no more
lock        puts the source distributions into pylock.toml in the place of those wheels
fetch       writes pylock.toml without the source distributions to pylock.wheels.toml, and downloads these
"""

import hashlib
import html.parser
import json
import os
import re
import sys
import tomllib
import urllib.error
import urllib.parse
import urllib.request
import zipfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), "/usr/local/lib/gistrun/building"]

import reading  # noqa: E402
from packaging.requirements import InvalidRequirement, Requirement  # noqa: E402
from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename  # noqa: E402
from packaging.version import InvalidVersion  # noqa: E402

_KEPT = "/packages/.sources"
#: Versions of one package that are looked at, packages, bytes of a listing and of one distribution.
_VERSIONS, _PACKAGES, _LIST_BYTES, _SOURCE_BYTES = 2, 20, 32 * 2**20, 200 * 2**20
_LISTS = "application/vnd.pypi.simple.v1+json, text/html;q=0.5"
_MISSING = re.compile(r"Wheels are required for `([\w.-]{1,200})` because")
_PINNED = re.compile(r"([\w.-]{1,200})==([\w.!+-]{1,80}) has no usable wheels")


def find(said):
    with open(said, encoding="utf-8", errors="replace") as file:
        text = file.read()
    known = _read_json("known.json")
    made = False
    for name in list(dict.fromkeys(map(canonicalize_name, _MISSING.findall(text))))[:_PACKAGES]:
        if name in known or len(known) >= _PACKAGES:
            continue
        known[name], why = {}, ""
        for version, url, digest in _wanted(name, text):
            try:
                known[name][version] = [url, _stub(name, version, url, digest)]
            except reading.NotSaid as error:
                why = why or f"refused: {name} {version} is only there as source code, and {error}.\n"
        made = made or bool(known[name])
        sys.stderr.write(why if not known[name] else "")
    _write_json("known.json", known)
    return 0 if made else 1


def lock():
    known = _read_json("known.json")
    head, *blocks = _blocks()
    for number, (_, package) in enumerate(blocks):
        if any("url" not in wheel or wheel["url"].startswith("file:") for wheel in package.get("wheels", [])):
            url, digest = known[canonicalize_name(package["name"])][package["version"]]
            kept = [f"{key} = {json.dumps(package[key])}" for key in ("name", "version", "marker") if key in package]
            source = f"sdist = {{ url = {json.dumps(url)}, hashes = {{ sha256 = {json.dumps(digest)} }} }}"
            blocks[number] = ("\n".join(["[[packages]]", *kept, source, "\n"]), package)
    with open("pylock.toml", "w", encoding="utf-8") as file:
        file.write("".join(text for text, _ in [head, *blocks]))
    return 0


def fetch():
    head, *blocks = _blocks()
    wheels = [text for text, package in blocks if package.get("wheels")]
    for _, package in blocks:
        if not package.get("wheels"):
            os.makedirs(_KEPT, exist_ok=True)
            url = package["sdist"]["url"]
            path = os.path.join(_KEPT, f"{canonicalize_name(package['name'])}-{package['version']}{_suffix(url)}")
            if _download(url, path) != package["sdist"]["hashes"]["sha256"]:
                sys.exit(f"refused: {package['name']} {package['version']} is not what it was: its hash differs.")
    if wheels:
        with open("pylock.wheels.toml", "w", encoding="utf-8") as file:
            file.write("".join([head[0], *wheels]))
    return 0


def _blocks():
    """The lock's head, and its packages: the text of each, and what is in it."""
    with open("pylock.toml", encoding="utf-8") as file:
        head, *texts = re.split(r"(?=^\[\[packages\]\]\n)", file.read(), flags=re.MULTILINE)
    return [(head, {}), *((text, tomllib.loads(text)["packages"][0]) for text in texts)]


def _wanted(name, said):
    """The newest versions that may be meant and are there as source: version, address, digest or None."""
    exact = {version for other, version in _PINNED.findall(said) if canonicalize_name(other) == name}
    allowed = _allowed(name)
    found = {}
    for url, digest, yanked in _listed(name):
        file = urllib.parse.unquote(urllib.parse.urlsplit(url).path.rpartition("/")[2])
        try:
            other, version = parse_sdist_filename(file)
        except (InvalidSdistFilename, InvalidVersion):
            continue
        pinned = str(version) in exact or any("==" in str(each) for each in allowed)
        fits = all(each.contains(version, prereleases=pinned) for each in allowed)
        if other == name and fits and (not yanked or pinned) and (pinned or not version.is_prerelease):
            found.setdefault(version, (str(version), url, digest))
    order = sorted(found, key=lambda version: (str(version) in exact, version), reverse=True)
    return [found[version] for version in order[:_VERSIONS]]


def _allowed(name):
    """What the program itself says of the versions of that package."""
    allowed = []
    with open("requirements.in", encoding="utf-8") as file:
        for line in file:
            try:
                requirement = Requirement(line)
            except InvalidRequirement:
                continue
            if canonicalize_name(requirement.name) == name:
                allowed.append(requirement.specifier)
    return allowed


def _listed(name):
    """All files of that package in the first index that has it: address, digest or None, whether it was withdrawn."""
    for index in _indexes():
        page = f"{index.rstrip('/')}/{name}/"
        asked = urllib.request.Request(page, headers={"Accept": _LISTS})  # noqa: S310 - the deployment names it
        try:
            with urllib.request.urlopen(asked, timeout=30) as answer:  # noqa: S310
                content, kind, page = answer.read(_LIST_BYTES), answer.headers.get_content_type(), answer.url
        except urllib.error.HTTPError:
            continue
        if kind.endswith("json"):
            files = [
                (each["url"], each.get("hashes", {}).get("sha256"), bool(each.get("yanked")))
                for each in json.loads(content).get("files", [])
            ]
        else:
            files = _Page(content.decode("utf-8", "replace")).files
        return [(urllib.parse.urljoin(page, url), digest, yanked) for url, digest, yanked in files]
    return []


class _Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.files = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        if tag == "a" and told.get("href"):
            url, _, fragment = told["href"].partition("#")
            digest = re.fullmatch(r"sha256=([0-9a-f]{64})", fragment)
            self.files.append((url, digest and digest[1], "data-yanked" in told))


def _indexes():
    first = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or "https://pypi.org/simple"
    more = f"{os.environ.get('UV_INDEX', '')} {os.environ.get('UV_EXTRA_INDEX_URL', '')}".split()
    return [re.sub(r"^[\w-]+=", "", each) for each in [*more, first]]


def _stub(name, version, url, digest):
    """Write the wheel that says what this distribution needs; returns the digest of the distribution."""
    path = f"source{_suffix(url)}"
    if not url.startswith(("https://", "http://")):
        raise reading.NotSaid("has an address of another kind than https")
    actual = _download(url, path)
    if digest not in (None, actual):
        raise reading.NotSaid("is not what its registry says")
    needed, python = reading.needs(path)
    os.unlink(path)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Python: {' '.join(str(python).split())}"] if python else []
    lines += [f"Requires-Dist: {' '.join(each.split())}" for each in needed]
    stem = f"{name.replace('-', '_')}-{version}"
    with zipfile.ZipFile(f"stubs/{stem}-py3-none-any.whl", "w") as wheel:
        folder = f"{stem}.dist-info"
        wheel.writestr(f"{folder}/METADATA", "\n".join(lines) + "\n")
        wheel.writestr(f"{folder}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{folder}/RECORD", "")
    return actual


def _download(url, path):
    """Download it; returns its SHA-256."""
    digest, size = hashlib.sha256(), 0
    try:
        with urllib.request.urlopen(url, timeout=60) as answer, open(path, "wb") as file:  # noqa: S310 - _stub looks
            while piece := answer.read(256 * 1024):
                size += len(piece)
                if size > _SOURCE_BYTES:
                    raise reading.NotSaid("is larger than what is taken")
                digest.update(piece)
                file.write(piece)
    except (OSError, ValueError) as error:
        raise reading.NotSaid("could not be downloaded") from error
    return digest.hexdigest()


def _suffix(url):
    path = urllib.parse.urlsplit(url).path
    return ".zip" if path.endswith(".zip") else ".tar.gz"


def _read_json(path):
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def _write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file)


if __name__ == "__main__":
    try:
        sys.exit({"find": find, "lock": lock, "fetch": fetch}[sys.argv[1]](*sys.argv[2:]))
    except reading.NotSaid as error:
        sys.exit(f"refused: a source distribution {error}.")
