"""The command line where nothing runs: it says so, and what to do."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from actors.domain.evidence import RECEIPT, seal
from server.config import Config
from server.evidence import EvidenceSigner, publish_key
from server.secrets import load_secrets
from tests.architecture.tree import ROOT


def _croupier(state: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    variables = {"CROUPIER_STATE": str(state), "PATH": "/usr/bin:/bin", "COLUMNS": "200", **environ}
    command = [sys.executable, "-m", "server.cli", *words]
    return subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=False, timeout=60)


def test_help_lists_the_commands(tmp_path: Path) -> None:
    said = _croupier(tmp_path, "--help").stdout
    assert [word for word in ("up", "stop", "status", "audit", "doctor", "migrate", "bench") if word not in said] == []


def test_status_where_nothing_runs_says_so_with_exit_code_3(tmp_path: Path) -> None:
    found = _croupier(tmp_path / "none", "status")
    assert found.returncode == 3
    assert "nothing runs" in found.stdout
    assert not (tmp_path / "none").exists()


def test_stop_where_nothing_runs_is_no_error(tmp_path: Path) -> None:
    found = _croupier(tmp_path / "none", "stop")
    assert (found.returncode, found.stdout.strip()) == (0, "nothing runs here")


def test_receipt_is_verified_without_a_database(tmp_path: Path) -> None:
    config = Config(state=tmp_path)
    publish_key(config, load_secrets(config), 1)
    receipt = seal({"what": RECEIPT, "shard": 0, "seq": 7}, EvidenceSigner(load_secrets(config).evidence))
    (tmp_path / "good").write_text(json.dumps({"receipts": [receipt]}, indent=2))
    (tmp_path / "bent").write_text(json.dumps(receipt | {"seq": 8}))
    good, bent = (_croupier(tmp_path, "verify-receipt", str(tmp_path / name)) for name in ("good", "bent"))
    assert (good.returncode, good.stdout.split(":")[0]) == (0, "row 7 of shard 0")
    assert (bent.returncode, "its signature does not hold" in bent.stderr) == (1, True)
    assert _croupier(tmp_path, "verify-receipt", str(tmp_path / "none")).returncode == 2


@pytest.mark.parametrize("command", ["audit", "dsn", "migrate", "psql", "rotate-evidence-key"])
def test_command_that_needs_books_without_a_state_folder_says_what_makes_one(tmp_path: Path, command: str) -> None:
    found = _croupier(tmp_path / "none", command)
    assert found.returncode == 2
    assert "croupier up" in found.stderr


@pytest.mark.parametrize("command", ["up", "status", "doctor"])
def test_wrong_setting_ends_with_its_name_and_no_traceback(tmp_path: Path, command: str) -> None:
    found = _croupier(tmp_path, command, CROUPIER_HTTP_PORT="high")
    assert found.returncode == 2
    assert "CROUPIER_HTTP_PORT" in found.stderr
    assert "Traceback" not in found.stderr


def test_configured_database_is_what_dsn_prints(tmp_path: Path) -> None:
    found = _croupier(tmp_path, "dsn", DATABASE_URL="postgresql://somewhere/casino")
    assert found.stdout.strip() == "postgresql://somewhere/casino"


def test_binaries_of_the_database_include_pgbench(tmp_path: Path) -> None:
    assert (Path(_croupier(tmp_path, "dsn", "--binaries").stdout.strip()) / "pgbench").exists()


def test_status_after_a_crash_says_that_nothing_runs(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"up": {"name": "up", "pid": 1, "started_s": 1.0}, "ready": True}))
    assert _croupier(tmp_path, "status").returncode == 3


def test_stop_after_a_crash_forgets_the_run(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(json.dumps({"up": {"name": "up", "pid": 1, "started_s": 1.0}}))
    assert _croupier(tmp_path, "stop").returncode == 0
    assert not (tmp_path / "run.json").exists()
