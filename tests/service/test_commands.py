"""The command line, as an operator and a script use it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers import Service, containers


@pytest.mark.parametrize(
    ("source", "status", "stdout"),
    [
        ("echo out; echo err >&2; exit 7", 7, "out\n"),
        ("echo $1-$2", 0, "a b--c\n"),
        ("kill -SEGV $$", 139, ""),
        ("sleep 60", 124, ""),
    ],
)
def test_a_local_file_runs_and_its_status_is_ours(
    service: Service, tmp_path: Path, source: str, status: int, stdout: str
) -> None:
    script = tmp_path / "script.sh"
    script.write_text(source)
    there = containers("gistrun.instance=terminal")  # somebody else's, on the same engine
    ended = service.gistrun("run", str(script), "--", "a b", "-c")
    assert (ended.returncode, ended.stdout) == (status, stdout), ended.stderr
    if "err" in source:
        assert ended.stderr == "err\n"
    assert set(containers("gistrun.instance=terminal")) <= set(there)


def test_a_program_out_of_memory_ends_with_137(service: Service, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("bytearray(1 << 30)")
    ended = service.gistrun("run", str(tmp_path))
    assert ended.returncode == 137
    assert ended.stderr == "gistrun: The program was killed at 256 MB of memory.\n"


def test_a_folder_runs_with_its_standard_input(service: Service, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import part, sys; print(part.x, sys.stdin.read())")
    (tmp_path / "part.py").write_text("x = 1")
    ended = service.gistrun("run", str(tmp_path), "--stdin", "-", input="words")
    assert (ended.returncode, ended.stdout) == (0, "1 words\n"), ended.stderr


def test_a_gist_runs_by_its_address(service: Service) -> None:
    ended = service.gistrun("run", "https://gist.github.com/gistrun/0b973dde1d1b99119c4a6df3a211fa18")
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr


def test_the_file_that_an_address_names_runs(service: Service) -> None:
    ended = service.gistrun("run", "https://gist.github.com/gistrun/46bfc974ae3f6831580fa5f9f4400739?file=cities.csv")
    assert ended.returncode != 0
    assert "cities.csv" in ended.stderr


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("0123456789abcdef0123", "GitHub has no gist"),
        ("no such thing", "is not the address of a gist"),
    ],
)
def test_a_target_that_cannot_run_gives_a_sentence(service: Service, target: str, words: str) -> None:
    ended = service.gistrun("run", target)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_bad_setting_stops_the_start(service: Service) -> None:
    ended = service.gistrun("web", env={**service.environment, "GISTRUN_MEMORY": "lots"})
    assert ended.returncode == 1
    assert ended.stderr == "gistrun: GISTRUN_MEMORY is 'lots', but must be a size of at least 16m, such as 256m.\n"


def test_a_port_in_use_stops_the_start(service: Service) -> None:
    ended = service.gistrun("web")
    assert ended.returncode == 1
    assert f"127.0.0.1:{service.port} cannot be listened on" in ended.stderr


def test_the_doctor_finds_everything_well(service: Service) -> None:
    ended = service.gistrun("doctor")
    assert ended.returncode == 0, ended.stdout
    assert "seccomp: enforced" in ended.stdout
    assert "inside: order of both streams: " in ended.stdout


def test_the_doctor_names_what_is_not(service: Service) -> None:
    environment = {**service.environment, "DOCKER_HOST": "unix:///nowhere", "REDIS_URL": "redis://127.0.0.1:1"}
    ended = service.gistrun("doctor", env=environment)
    assert ended.returncode == 1
    assert "NOT OK  docker: The Docker engine does not answer" in ended.stdout
    assert "NOT OK  redis: Redis at redis://127.0.0.1:1 does not answer" in ended.stdout
    ended = service.gistrun("doctor", env={**service.environment, "GISTRUN_RUNTIME": "nope"})
    assert "The engine has no runtime 'nope'" in ended.stdout


def test_without_an_engine_a_run_ends_with_a_sentence(service: Service, tmp_path: Path) -> None:
    (tmp_path / "main.sh").write_text("echo")
    ended = service.gistrun("run", str(tmp_path), env={**service.environment, "DOCKER_HOST": "unix:///nowhere"})
    assert ended.returncode == 125
    assert ended.stderr.startswith("gistrun: The Docker engine does not answer")
    assert "Traceback" not in ended.stderr


def test_images_pass_their_checks(service: Service) -> None:
    ended = service.gistrun("images", "check", "bash", "python", "python@3.13", "c")
    assert ended.returncode == 0, ended.stdout
