"""Tests of the tests: `python -m tests.mutants.run` takes each safeguard away and demands that the suite goes red.

Works on copies of the tracked files in a temporary folder; nothing here is changed. Exit code 1 when a mutant lives, or
when the unchanged tree is not green.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.architecture.tree import ROOT
from tests.mutants.catalogue import MUTANTS, SUITE, Mutant

RUN_TIMEOUT_S = 600


def copy_tree(into: Path) -> None:
    """Copy what git tracks, and let the copy use this virtual environment."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        if name.startswith("docs/screenshots") or not (ROOT / name).is_file():
            continue
        (into / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, into / name)


def suite_fails(tree: Path, suite: tuple[str, ...]) -> str:
    """Run the tests there until the first failure and return its name; empty: all passed."""
    words = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", *suite]
    done = subprocess.run(words, cwd=tree, capture_output=True, text=True, timeout=RUN_TIMEOUT_S, check=False)
    if done.returncode == 0:
        return ""
    failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" ", 1)[1].split(" - ")[0] if failed else f"pytest ended with {done.returncode}"


def judge(tree: Path, mutant: Mutant) -> str:
    """Apply a mutant, run its suite, take the change back; return the test that noticed, or empty."""
    file = tree / mutant.file
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        return suite_fails(tree, mutant.suite)
    finally:
        file.write_text(source, encoding="utf-8")


def main() -> None:
    """Read the command line, judge every mutant, print one line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only safeguards whose name contains one of these words")
    given = parser.parse_args()
    chosen = [one for one in MUTANTS if not given.names or any(word in one.name for word in given.names)]
    alive: list[str] = []
    with tempfile.TemporaryDirectory(prefix="croupier-mutants-") as folder:
        tree = Path(folder)
        tree.chmod(0o711)
        copy_tree(tree)
        if failed := suite_fails(tree, SUITE):
            raise SystemExit(f"the unchanged tree is not green: {failed}")
        for number, mutant in enumerate(chosen, 1):
            began_s = time.monotonic()
            noticed = judge(tree, mutant)
            if not noticed:
                alive.append(mutant.name)
            verdict = f"noticed by {noticed}" if noticed else "NOT NOTICED"
            print(
                f"{number:2}/{len(chosen)} without '{mutant.name}': {verdict} ({time.monotonic() - began_s:.0f} s)",
                flush=True,
            )
    print(f"{len(chosen) - len(alive)} of {len(chosen)} missing safeguards were noticed")
    raise SystemExit(1 if alive else 0)


if __name__ == "__main__":
    main()
