"""The readme's commands do what it says: each is found in its text and executed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from loadtest.platform import ROOT
from server.embedded.places import is_port_free

README = (ROOT / "README.md").read_text()
#: What a shell would run, as the readme writes it.
COMMANDS = sorted(
    {
        found.strip()
        for found in re.findall(r"(?:^|`)((?:make|\.venv/bin/croupier) [^`#\n]+?)(?=`|\s+#|$)", README, re.M)
    }
)


@pytest.fixture
def state() -> Iterator[Path]:
    """A state folder that PostgreSQL's own user can reach, which pytest's folders are not."""
    folder = Path(tempfile.mkdtemp(prefix="croupier readme "))
    folder.chmod(0o711)
    yield folder / "state"
    shutil.rmtree(folder, ignore_errors=True)


def free_port(first: int) -> int:
    """Return a port nobody listens on."""
    return next(port for port in range(first, first + 500) if is_port_free(port, "127.0.0.1"))


def run(command: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run a command as a reader would, in the project's folder."""
    return subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_readme_names_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(COMMANDS)


def test_every_make_target_of_the_readme_exists() -> None:
    for command in (command for command in COMMANDS if command.startswith("make ")):
        target = command.split()[1]
        done = run(f"make --dry-run {target}")
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_every_croupier_command_of_the_readme_exists() -> None:
    for command in (command for command in COMMANDS if "croupier" in command):
        done = run(f"{command.split()[0]} {command.split()[1]} --help")
        assert done.returncode == 0, f"{command}: {done.stderr}"


def test_make_help_lists_the_targets() -> None:
    done = run("make help")
    assert done.returncode == 0
    assert "start the platform" in done.stdout


def test_make_simulate_runs_seeds() -> None:
    done = run('make simulate ARGS="--seeds 3"')
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 seeds" in done.stdout


def test_doctor_finds_no_fault_here(state: Path) -> None:
    done = run(".venv/bin/croupier doctor", CROUPIER_STATE=str(state))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(240)
def test_make_run_prints_the_ready_line_and_ctrl_c_ends_it(state: Path) -> None:
    environ = {
        **os.environ,
        "CROUPIER_STATE": str(state),
        "CROUPIER_HTTP_PORT": str(free_port(21_080)),
        "CROUPIER_WS_PORT": str(free_port(22_090)),
        "CROUPIER_DASHBOARD_PORT": str(free_port(23_265)),
    }
    process = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    lines: list[str] = []
    try:
        for line in process.stdout:
            lines.append(line)
            if line.startswith("Ctrl-C"):
                break
        said = "".join(lines)
        assert re.search(r"^croupier: ready http://127\.0\.0\.1:\d+$", said, re.M), said
        assert "WebSocket" in said
        assert re.search(r"^  Ray dashboard +http://127\.0\.0\.1:\d+$", said, re.M), said
        assert "metrics" in said
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(60) in (0, 2, 130, -signal.SIGINT), process.stdout.read()
        audit = run(".venv/bin/croupier audit", CROUPIER_STATE=str(state))
        assert audit.returncode == 0, audit.stdout + audit.stderr
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
