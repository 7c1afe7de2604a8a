"""What the repository as a whole must look like."""

from __future__ import annotations

import json
import re
import subprocess
import tokenize
from pathlib import Path

import pytest

from tests.architecture.tree import PACKAGES, ROOT, name_of, python_files

ROOT_ENTRIES = {
    *("server", "actors", "protocol", "clients", "ops", "loadtest", "tests", "docs"),
    *("pyproject.toml", "docker-compose.yml", "README.md", "Makefile", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"),
    *("requirements.lock", "requirements-dev.lock"),
}


def _tracked() -> list[str]:
    if not (ROOT / ".git").exists():
        return []
    found = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in found.stdout.split("\0") if name]


def test_root_holds_exactly_what_the_layout_names() -> None:
    top = {name.split("/")[0] for name in _tracked()}
    assert {name for name in top if not name.startswith(".")} <= ROOT_ENTRIES


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_lock_has_a_hash_for_everything_and_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index-url|--find-links", text)
    pinned = [line for line in text.splitlines() if re.match(r"[a-z0-9]", line)]
    assert pinned
    assert [line for line in pinned if "==" not in line or not line.endswith("\\")] == []


def test_npm_lock_has_integrity_for_everything_and_no_address() -> None:
    lock = json.loads((ROOT / "clients" / "web" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name and not entry.get("link")}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("inBundle")] == []


def test_no_open_ends_are_left_in_comments() -> None:
    found = []
    for file in python_files(*PACKAGES, "tests"):
        with tokenize.open(file) as source:
            for token in tokenize.generate_tokens(source.readline):
                if token.type == tokenize.COMMENT and re.search(r"\b(TODO|FIXME|XXX|HACK)\b", token.string):
                    found.append(f"{name_of(file)}:{token.start[0]}")
    assert found == []


def test_every_ignore_names_its_code() -> None:
    bare = re.compile(r"#\s*type:\s*ignore(?!\[)|#\s*noqa(?!:)")
    found = []
    for file in python_files(*PACKAGES, "tests"):
        with tokenize.open(file) as source:
            comments = [t for t in tokenize.generate_tokens(source.readline) if t.type == tokenize.COMMENT]
        found += [f"{name_of(file)}:{token.start[0]}" for token in comments if bare.search(token.string)]
    assert found == []


def test_no_test_is_skipped_or_expected_to_fail() -> None:
    marks = re.compile(r"pytest\.(mark\.)?(skip|skipif|xfail|importorskip)\b")
    own = Path(__file__)
    found = [name_of(f) for f in python_files("tests") if f != own and marks.search(f.read_text(encoding="utf-8"))]
    assert found == []


def test_every_package_folder_is_a_package() -> None:
    folders = {file.parent for file in python_files(*PACKAGES)}
    assert [name_of(folder) for folder in folders if not (folder / "__init__.py").exists()] == []
