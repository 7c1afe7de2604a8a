"""Ray started by an interpreter, and with a project, whose paths have spaces."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
from pathlib import Path
from server import bootstrap
from server.config import Config
from server.hosts import HostSpec
from server.secrets import Secrets
from tests.integration.toy_hosts import ToyHostActor
import ray

config = Config(state=Path("state of mine").resolve(), dashboard_port=0, standbys=0)
secrets = Secrets(ids=b"", token=b"", refresh=b"", link=bytes(32), postgres_password="", valkey_password="")
bootstrap.start_ray(config)
hosts = bootstrap.start_actors([HostSpec(name=f"wallet/{n}", config=config, secrets=secrets) for n in (0, 1)], ToyHostActor)
bootstrap.wait_until_ready()
print("answers", len(ray.get(hosts["wallet/0"].ask_numbers.remote("wallet/1", 1, 10, 0.0), timeout=30)))
bootstrap.stop_hosts()
bootstrap.stop_ray()
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the project with an interpreter of its own."""
    folder = tmp_path / "my  casino (copy)"
    for package in ("actors", "loadtest", "protocol", "server", "tests"):
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    venv.create(folder / ".venv", symlinks=True)
    site = sysconfig.get_path("purelib", vars={"base": str(folder / ".venv")})
    Path(site, "installed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder


def test_hosts_start_and_talk(project: Path) -> None:
    python = project / ".venv" / "bin" / "python"
    assert str(python) != sys.executable
    words = [str(python), "-c", SCRIPT]
    done = subprocess.run(words, cwd=project, capture_output=True, text=True, timeout=90)
    assert "answers 10" in done.stdout, done.stderr
