"""The lines of a text, whatever ends them, and in words how two texts differ in their line ends. Pure."""

from __future__ import annotations

_TITLES = {b"\r\n": "CR LF (as on Windows)", b"\n": "LF (as on Linux and macOS)", b"\r": "CR (as on old Macs)"}


def lines_of(content: bytes | None) -> list[str]:
    """The lines without their ends. Bytes that are no UTF-8 are U+FFFD."""
    text = (content or b"").decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    return text.removesuffix("\n").split("\n") if text else []


def ends_said(before: bytes, after: bytes) -> list[str]:
    """Sentences that tell what of the line ends has changed; none where nothing has."""
    said = []
    old, new = _kinds(before), _kinds(after)
    if old and new and old != new:
        said.append(f"Its lines ended with {_named(old)}, and end with {_named(new)} now.")
    had, has = (content.endswith((b"\n", b"\r")) for content in (before, after))
    if had != has:
        said.append(f"Its last line {'had no line end, and has one' if has else 'had a line end, and has none'} now.")
    return said


def _kinds(content: bytes) -> list[bytes]:
    """The line ends in a text, in the order of `_TITLES`."""
    both = content.count(b"\r\n")
    counts = {b"\r\n": both, b"\n": content.count(b"\n") - both, b"\r": content.count(b"\r") - both}
    return [end for end, count in counts.items() if count]


def _named(kinds: list[bytes]) -> str:
    return " or ".join(_TITLES[kind] for kind in kinds)
