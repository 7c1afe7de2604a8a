"""One source of randomness. Whatever else in the tree makes random numbers stands here, with its reason; nothing more may.

Outcomes come from `server/entropy.py` alone, or from seeds that came from it (`actors/domain/games/draws.py`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, name_of, python_files

#: Modules and functions that give random numbers. A name that ends with "." stands for all below it.
SOURCES = (
    *("random", "random.", "secrets", "secrets.", "numpy.random", "numpy.random.", "uuid.uuid1", "uuid.uuid4"),
    *("uuid.uuid6", "uuid.uuid7", "os.urandom", "os.getrandom", "ssl.RAND_bytes", "nacl.utils", "nacl.utils."),
    *("nacl.bindings.randombytes", "tempfile._RandomNameSequence", "faker", "faker."),
)

#: Python file -> (what it uses, why it may).
PYTHON = {
    "server/entropy.py": ("nacl.bindings.randombytes", "the one source: seeds of its generator"),
    "protocol/ids.py": ("secrets", "clients invent the ids of their bets; an id decides nothing"),
    "server/secrets.py": ("nacl.utils", "keys of this installation, made before anything runs"),
    "server/demo_accounts.py": ("secrets", "passwords of demonstration accounts"),
    "server/api/refresh.py": ("secrets", "refresh tokens"),
    "server/streams/listener.py": ("nacl.utils", "nonces of the handshake between processes"),
    "server/gateway/requests.py": ("uuid.uuid4", "names of sessions; a name gives no right"),
    "server/bench/orders.py": (
        "os.urandom random",
        "load: order of made-up players, ids of rounds that are not played",
    ),
    "server/bench/supervisors.py": (
        "random",
        "made-up bets, the same for a seed: it measures, in a database of its own, and no player is there",
    ),
    "server/bench/table.py": ("random", "load: which made-up player bets on what"),
    "server/bench/wallet.py": (
        "os.urandom random",
        "load: order of made-up players, ids of rounds that are not played",
    ),
    "clients/python/client.py": ("random", "spreads reconnections in time"),
}

#: TypeScript file -> (what it uses, why it may).
TYPESCRIPT = {
    "clients/web/src/app/session.ts": ("Math.random", "spreads reconnections in time"),
    "clients/web/src/protocol/ids.ts": ("getRandomValues", "ids of bets"),
    "server/schema/templates/ids.ts": ("getRandomValues", "ids of bets; the file above is generated from it"),
}
IN_BROWSERS = re.compile(r"Math\.random|getRandomValues|randomUUID|randomBytes|randomInt|generateKey")

#: PostgreSQL must not make any either.
IN_SQL = re.compile(r"\b(gen_random_\w+|random(_normal)?|uuidv[47])\s*\(", re.IGNORECASE)


def _is_source(name: str) -> bool:
    return any(name == source or (source.endswith(".") and name.startswith(source)) for source in SOURCES)


def _names(file: Path) -> Iterator[str]:
    """Give the dotted names that a file imports, or reaches for in a module it imported under its own name."""
    nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    modules = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    yield from modules
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules:
            yield f"{node.value.id}.{node.attr}"


def _used(file: Path) -> str:
    """Return the sources a file uses, shortest names only."""
    found = {name for name in _names(file) if _is_source(name)}
    return " ".join(sorted(n for n in found if not any(n.startswith(f"{other}.") for other in found)))


def test_python_has_no_other_source_than_those_named() -> None:
    files = python_files(*(package for package in PACKAGES if package != "loadtest"))  # a load of made-up players
    found = {name_of(file): used for file in files if (used := _used(file))}
    assert found == {name: uses for name, (uses, _) in PYTHON.items()}


def test_browser_has_no_other_source_than_those_named() -> None:
    folders = (ROOT / "clients" / "web" / "src", ROOT / "server" / "schema" / "templates")
    files = [file for folder in folders for kind in ("*.ts", "*.js", "*.html") for file in sorted(folder.rglob(kind))]
    found = {
        name_of(file): " ".join(sorted(set(uses)))
        for file in files
        if not file.name.endswith((".test.ts", ".spec.ts")) and (uses := IN_BROWSERS.findall(file.read_text("utf-8")))
    }
    assert found == {name: uses for name, (uses, _) in TYPESCRIPT.items()}


def test_database_makes_no_random_numbers() -> None:
    files = [*sorted((ROOT / "server").rglob("*.sql")), *python_files("server/storage")]
    assert [name_of(file) for file in files if IN_SQL.search(file.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("package", ["actors/domain", "actors"])
def test_rules_and_actors_make_no_randomness_of_their_own(package: str) -> None:
    assert [name_of(file) for file in python_files(package) if _used(file)] == []


@pytest.mark.parametrize(
    "source",
    [
        "import random",
        "from random import Random",
        "import secrets as s",
        "from os import urandom",
        "import os\nos.urandom(8)",
        "import uuid\nuuid.uuid4()",
        "import numpy\nnumpy.random.default_rng()",
        "from numpy.random import default_rng",
        "def f():\n    from nacl.utils import random",
    ],
)
def test_scan_finds(source: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)
    assert _used(file)


@pytest.mark.parametrize("source", ["import randomness", "import uuid\nuuid.UUID(int=1)", "import os\nos.getpid()"])
def test_scan_lets_pass(source: str, tmp_path: Path) -> None:
    file = tmp_path / "module.py"
    file.write_text(source)
    assert not _used(file)
