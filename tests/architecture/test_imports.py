"""Who may import whom. The contracts between packages are in pyproject.toml; here is what they cannot say."""

from __future__ import annotations

import subprocess
import sys

import pytest

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


@pytest.mark.parametrize("module", ["random", "secrets", "uuid", "numpy"])
def test_rules_and_actors_make_no_randomness_of_their_own(module: str) -> None:
    """A client invents the ids of its bets with protocol/ids.py; nothing else there is random."""
    users = [name_of(file) for file in python_files("actors", "protocol") if module in set(imports_of(file))]
    assert [name for name in users if name != "protocol/ids.py"] == []


def test_server_draws_from_one_entropy() -> None:
    """`random` is predictable: benchmarks only. `secrets` and libsodium make keys and passwords, never an outcome."""
    guessable = [name_of(file) for file in python_files("server") if "random" in set(imports_of(file))]
    assert [name for name in guessable if not name.startswith("server/bench/")] == []
    makers = {
        name_of(file)
        for file in python_files("server")
        if any(name.startswith(("nacl.utils", "secrets")) or name == "os.urandom" for name in imports_of(file))
    }
    assert makers <= {
        "server/entropy.py",
        "server/secrets.py",
        "server/passwords.py",
        "server/demo_accounts.py",
        "server/api/refresh.py",
        "server/streams/listener.py",  # nonces
    }


def test_importing_a_rule_imports_neither_ray_nor_sockets() -> None:
    script = (
        "import sys, actors.domain.commands, actors.ports; "
        "print([m for m in ('ray', 'websockets', 'asyncpg', 'redis') if m in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
