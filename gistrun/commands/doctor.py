"""Checks whether everything is there to run gists safely. Says in a sentence what is missing, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

from gistrun import languages
from gistrun.app import App
from gistrun.errors import SandboxUnavailable, StoreUnavailable
from gistrun.figures import size
from gistrun.sandbox.owner import Owner
from gistrun.sandbox.policy import is_gvisor
from gistrun.sandbox.readback import read_back


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was checked. `sentence` says what was found, and what to do if something is wrong."""

    name: str
    well: bool
    sentence: str


def doctor(app: App) -> int:
    """Print what was found; returns 0 when nothing is wrong."""
    findings = list(examine(app))
    if all(finding.well for finding in findings):
        findings += look_inside(app)
    for finding in findings:
        print(f"{'ok' if finding.well else 'NOT OK'}  {finding.name}: {finding.sentence}")
    return 0 if all(finding.well for finding in findings) else 1


def examine(app: App) -> Iterator[Finding]:
    """Check everything, one thing after the other. The settings are correct, or there would be no `app`."""
    yield Finding("settings", True, f"data in {app.settings.data}, {len(app.languages)} languages")
    yield from _redis(app)
    yield from _engine(app)


def _redis(app: App) -> Iterator[Finding]:
    url = app.settings.redis_url
    try:
        policy = app.store.eviction_policy()
    except StoreUnavailable as error:
        if app.settings.owns_redis:
            yield Finding("redis", True, f"our own, at {url}; it is started with the service")
        else:
            yield Finding(
                "redis", False, f"Redis at {url} does not answer ({error.__cause__}): start it, or unset REDIS_URL."
            )
        return
    if policy.startswith("allkeys-"):
        advice = "set maxmemory-policy to volatile-lru or noeviction, or the queue itself is thrown away."
        yield Finding("redis", False, f"Redis at {url} evicts any key ({policy}): {advice}")
    else:
        limit = app.store.memory_limit()
        room = f"{size(limit)} at most" if limit else "no limit of memory"
        yield Finding("redis", True, f"{url}, {policy}, {room}")
    yield _watching(app)


def _watching(app: App) -> Finding:
    watching = app.store.watches.watching()
    if watching is None:
        return Finding("watching", True, "nobody watches: `gistrun watch` is not running")
    every = f"every {watching.interval_s:.0f} s, those viewed just now every {watching.looked_at_interval_s:.0f} s"
    sentence = f"{watching.gists} gists, each checked {every}"
    if watching.interval_s > app.settings.check_interval:
        advice = "GITHUB_TOKEN raises it" if not app.settings.github_token else "fewer can be checked as often"
        sentence += f"; GitHub's budget allows no more than that: {advice}"
    return Finding("watching", True, sentence)


def _engine(app: App) -> Iterator[Finding]:
    try:
        engine = app.engine()
        info = engine.info()
    except SandboxUnavailable as error:
        yield Finding("docker", False, str(error))
        return
    yield Finding("docker", True, f"version {info['ServerVersion']}, cgroup v{info.get('CgroupVersion', '1')}")
    runtime = app.settings.runtime or info["DefaultRuntime"]
    known = sorted(info.get("Runtimes", {}))
    well = runtime in known
    advice = f"GISTRUN_RUNTIME must be one of {', '.join(known)}; add it to the engine's daemon.json first."
    if app.settings.runtime is None and is_gvisor(runtime):
        well, advice = False, f"The engine's default runtime is {runtime}: set GISTRUN_RUNTIME={runtime} as well."
    elif not well:
        advice = f"The engine has no runtime {runtime!r}: {advice}"
    yield Finding("runtime", well, runtime if well else advice)
    for name, allowed, why in _CONTROLS:
        well = allowed(info)
        yield Finding(name, well, "enforced by the engine" if well else why)
    if (egress := app.egress(engine)) is None:
        yield Finding("network", True, "none")
    else:
        # The network is set up to be examined, because only that shows what this machine can do. Then it is removed,
        # unless it was there before.
        for control, trouble in egress.examine():
            yield Finding(f"network: {control}", trouble is None, trouble or "enforced")
        egress.close()
    images = app.images(engine)
    built = {image.name: image.toolchain for image in images.all_ready()}
    for name, toolchain in built.items():
        yield Finding(f"image {name}", True, toolchain)
    yield Finding(
        "images", True, f"{len(built)} of {len(images.versions)} are built; the builder makes them when needed"
    )


def look_inside(app: App) -> Iterator[Finding]:
    """Each control as a program finds it; nothing if there is no image of a shell that can check them.

    Raises:
        SandboxUnavailable: no sandbox could be had.
    """
    engine = app.engine()
    shell = languages.probe(app.languages)
    if shell is None or not app.images(engine).ready(shell.name):
        return
    with app.network(), closing(app.sandboxes(engine, Owner("doctor", "doctor"))) as sandboxes:
        sandboxes.prepare(shell.name)  # so that the sandbox is made as waiting ones are
        limits = shell.effective(app.settings.limits)
        for control in read_back(sandboxes, shell, limits, gvisor=is_gvisor(app.settings.runtime)):
            sentence = control.found
            if control.holds is False:
                sentence = f"A program finds {control.found!r}: the engine does not enforce this. See docs/security.md."
            yield Finding(f"inside: {control.name}", control.holds is not False, sentence)


def _has(option: str) -> Callable[[dict[str, Any]], bool]:
    return lambda info: bool(info.get(option))


_CONTROLS: tuple[tuple[str, Callable[[dict[str, Any]], bool], str], ...] = (
    ("memory limit", _has("MemoryLimit"), "The engine cannot limit memory: the kernel's memory controller is off."),
    ("process limit", _has("PidsLimit"), "The engine cannot limit processes: the kernel's pids controller is off."),
    ("cpu limit", _has("CpuCfsQuota"), "The engine cannot limit CPU: the kernel lacks CFS bandwidth control."),
    (
        "seccomp",
        lambda info: any("seccomp" in option for option in info.get("SecurityOptions") or []),
        "The engine does not apply seccomp: use a kernel and an engine built with it.",
    ),
)
