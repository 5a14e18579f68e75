"""Packages that are only there as source, which uv is told not to build.

find SAID   reads in what uv said which packages have no wheel, and puts a wheel without modules into `stubs` for
            the versions of which something may be wanted. Ends with 1 if there are no more
lock        puts the source distributions into pylock.toml in the place of those wheels

`fetch` downloads those that the lock names.
"""

import html.parser
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import zipfile

sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), "/usr/local/lib/gistrun/building"]

import elsewhere  # noqa: E402
import files  # noqa: E402
import locked  # noqa: E402
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
        listed = _listed(name)
        for version, url, digest in _wanted(name, text, listed):
            others = elsewhere.told(version, [address for address, _, _ in listed])
            try:
                known[name][version] = [url, _stub(name, version, url, digest), others]
            except reading.NotSaid as error:
                why = why or f"refused: {name} {version} {others or f'is only there as source code, and {error}'}.\n"
        if not known[name] and not why:
            why = _made_elsewhere(name, text, listed)
        made = made or bool(known[name])
        sys.stderr.write(why if not known[name] else "")
    _write_json("known.json", known)
    return 0 if made else 1


def _made_elsewhere(name, said, listed):
    """Of a package without sources: for whom the version is made that uv has named."""
    for version in (number for other, number in _PINNED.findall(said) if canonicalize_name(other) == name):
        if others := elsewhere.told(version, [address for address, _, _ in listed]):
            return f"refused: {name} {version} {others}.\n"
    return ""


def lock():
    known = _read_json("known.json")
    head, *blocks = locked.blocks()
    for number, (_, package) in enumerate(blocks):
        if any("url" not in wheel or wheel["url"].startswith("file:") for wheel in package.get("wheels", [])):
            url, digest, _ = known[canonicalize_name(package["name"])][package["version"]]
            kept = [f"{key} = {json.dumps(package[key])}" for key in ("name", "version", "marker") if key in package]
            source = f"sdist = {{ url = {json.dumps(url)}, hashes = {{ sha256 = {json.dumps(digest)} }} }}"
            blocks[number] = ("\n".join(["[[packages]]", *kept, source, "\n"]), package)
    with open("pylock.toml", "w", encoding="utf-8") as file:
        file.write("".join(text for text, _ in [head, *blocks]))
    return 0


def fetch():
    known = _read_json("known.json")
    for package in locked.packages():
        if not package.get("wheels"):
            os.makedirs(_KEPT, exist_ok=True)
            url = package["sdist"]["url"]
            path = os.path.join(_KEPT, f"{canonicalize_name(package['name'])}-{package['version']}{_suffix(url)}")
            if _download(url, path) != package["sdist"]["hashes"]["sha256"]:
                sys.exit(f"refused: {package['name']} {package['version']} is not what it was: its hash differs.")
            found = known.get(canonicalize_name(package["name"]), {}).get(package["version"])
            if found and found[2]:
                with open(f"{path}.others", "w", encoding="utf-8") as file:
                    file.write(found[2])
    return 0


def _wanted(name, said, listed):
    """The newest versions that may be meant and are there as source: version, address, digest or None."""
    exact = {version for other, version in _PINNED.findall(said) if canonicalize_name(other) == name}
    allowed = _allowed(name)
    found = {}
    for url, digest, yanked in listed:
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
    for index in files.indexes():
        page = f"{index.rstrip('/')}/{name}/"
        try:
            with files.opened(page, {"Accept": _LISTS}, 30) as answer:
                content, kind, page = answer.read(_LIST_BYTES), answer.headers.get_content_type(), answer.url
        except urllib.error.HTTPError:
            continue
        if kind.endswith("json"):
            listed = [
                (each["url"], each.get("hashes", {}).get("sha256"), bool(each.get("yanked")))
                for each in json.loads(content).get("files", [])
            ]
        else:
            listed = _Page(content.decode("utf-8", "replace")).files
        return [(urllib.parse.urljoin(page, url), digest, yanked) for url, digest, yanked in listed]
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


def _stub(name, version, url, digest):
    """Write the wheel that says what this distribution needs; returns the digest of the distribution."""
    path = f"source{_suffix(url)}"
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
    try:
        return files.download(url, path, _SOURCE_BYTES)
    except files.NotGot as error:
        raise reading.NotSaid(str(error)) from error


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
        sys.exit({"find": find, "lock": lock}[sys.argv[1]](*sys.argv[2:]))
    except reading.NotSaid as error:
        sys.exit(f"refused: a source distribution {error}.")
