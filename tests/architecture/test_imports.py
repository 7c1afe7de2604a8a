"""Who may import whom. The contracts between packages are in pyproject.toml; here is what they cannot say."""

from __future__ import annotations

import subprocess
import sys

from tests.architecture.tree import PACKAGES, ROOT, imports_of, name_of, python_files

#: The files that know Ray.
RAY = {"server/bootstrap.py", "server/actor_refs.py"}


def test_import_contracts_are_kept() -> None:
    found = subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_ray_is_known_to_its_adapters_only() -> None:
    users = {
        name_of(file)
        for file in python_files(*PACKAGES)
        if any(name == "ray" or name.startswith("ray.") for name in imports_of(file))
    }
    assert users <= RAY


def test_environment_is_read_by_the_configuration_only() -> None:
    readers = {
        name_of(file)
        for file in python_files("server", "actors", "protocol")
        if any(word in file.read_text(encoding="utf-8") for word in ("os.environ[", "os.environ.get", "os.getenv"))
    }
    assert readers <= {"server/config.py", "server/embedded/valkey.py", "server/bootstrap.py"}


def test_importing_a_rule_imports_neither_ray_nor_sockets() -> None:
    script = (
        "import sys, actors.domain.commands, actors.ports; "
        "print([m for m in ('ray', 'websockets', 'asyncpg', 'redis') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
