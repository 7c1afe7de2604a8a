"""The files of this project, as the architecture tests see them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("protocol", "actors", "server", "clients/python", "loadtest")


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below these folders, generated caches aside."""
    return sorted(
        file for folder in folders for file in (ROOT / folder).rglob("*.py") if "node_modules" not in file.parts
    )


def imports_of(file: Path) -> Iterator[str]:
    """Give the full names a file imports, wherever in it."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name_of(file: Path) -> str:
    """Return the path as it is written in messages."""
    return file.relative_to(ROOT).as_posix()
