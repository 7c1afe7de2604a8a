from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from server.schema.__main__ import ROOT, generate
from server.schema.reflect import read_wire
from server.schema.templates import template
from server.schema.typescript import codec_ts, messages_ts

FILES = generate()


@pytest.mark.parametrize("path", FILES)
def test_generated_file_is_what_the_source_says(path: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == FILES[path]


def test_schema_lists_every_message_with_its_tag() -> None:
    schema = json.loads(FILES["protocol/schema/v1.json"])
    wire = read_wire()
    listed = {(m["name"], m["tag"]) for m in (*schema["client_messages"], *schema["server_messages"])}
    assert listed == {(shape.name, shape.tag) for shape in (*wire.client, *wire.server)}


def test_tags_are_never_used_twice() -> None:
    wire = read_wire()
    tags = [shape.tag for shape in (*wire.client, *wire.server)]
    assert len(tags) == len(set(tags))


def test_parts_come_before_what_is_made_of_them() -> None:
    names = [shape.name for shape in read_wire().parts]
    assert names.index("Chip") < names.index("Bet")


def test_fields_with_defaults_come_last() -> None:
    for shape in read_wire().shapes():
        optional = [field.optional for field in shape.fields]
        assert optional == sorted(optional)


def test_typescript_has_no_any() -> None:
    wire = read_wire()
    code = re.sub(r"/\*.*?\*/", "", messages_ts(wire) + codec_ts(wire), flags=re.DOTALL)
    assert not re.search(r"\bany\b", code)


def test_template_with_a_place_left_empty_is_refused() -> None:
    with pytest.raises(KeyError):
        template("roulette.ts")


def test_root_is_the_project() -> None:
    assert (Path(ROOT) / "pyproject.toml").exists()
