"""`python -m server.schema [--check]`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Final

from server.schema import describe, golden, page, typescript
from server.schema.reflect import read_wire

ROOT: Final = Path(__file__).resolve().parents[2]
WEB: Final = "clients/web/src/protocol"


def generate() -> dict[str, str]:
    """Return the text of every generated file by its path from the root."""
    wire = read_wire()
    goldens = golden.golden_json(_read(ROOT / golden.PATH))
    return {
        "docs/protocol.md": page.page_md(wire),
        golden.PATH: goldens,
        "protocol/schema/v1.json": describe.schema_json(wire),
        f"{WEB}/messages.ts": typescript.messages_ts(wire),
        f"{WEB}/codec.ts": typescript.codec_ts(wire),
        f"{WEB}/errors.ts": typescript.errors_ts(),
        f"{WEB}/ids.ts": typescript.ids_ts(),
        f"{WEB}/golden.ts": golden.golden_ts(wire, goldens),
        f"{WEB}/roulette.ts": typescript.roulette_ts(),
    }


def main(arguments: list[str]) -> int:
    """Write the files, or with --check say which differ. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m server.schema", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a file differs")
    check = parser.parse_args(arguments).check
    differing = [path for path, text in generate().items() if _read(ROOT / path) != text]
    if check:
        for path in differing:
            print(f"{path} is not what the source says: run `make schema`", file=sys.stderr)
        return 1 if differing else 0
    for path, text in generate().items():
        if path in differing:
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_text(text, encoding="utf-8")
            print(path)
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
