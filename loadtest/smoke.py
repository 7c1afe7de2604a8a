"""`make load-smoke`: a platform of its own, a small swarm for half a minute, then the audit. Exit code 1 when either fails."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from loadtest.platform import ROOT, Platform


def swarm(http: str, players: int, seconds: int) -> int:
    """Run Locust without its page against the platform; return its exit code, which `limits.py` decides."""
    command = [sys.executable, "-m", "locust", "-f", str(ROOT / "loadtest" / "locustfile.py"), "--host", http]
    command += ["--headless", "--only-summary", "--users", str(players), "--spawn-rate", str(max(1, players // 5))]
    command += ["--run-time", f"{seconds}s", "--stop-timeout", "10"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def main() -> None:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--players", type=int, default=20)
    parser.add_argument("--seconds", type=int, default=30)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="croupier-smoke-") as folder:
        os.chmod(folder, 0o711)  # PostgreSQL's user must pass it when this runs as root
        with Platform(Path(folder) / "state", {"CROUPIER_BETTING_MS": "3000", "CROUPIER_PAUSE_MS": "500"}) as platform:
            failed = swarm(platform.http, given.players, given.seconds)
            audit = platform.cli("audit")
    print(audit.stdout or audit.stderr)
    raise SystemExit(1 if failed or audit.returncode else 0)


if __name__ == "__main__":
    main()
