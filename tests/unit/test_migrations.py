"""Revisions form one line, and each says which databases it is for."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

import server.storage.migrations as migrations


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__path__[0])))
    return ScriptDirectory.from_config(config)


def test_revisions_have_one_head() -> None:
    assert len(_scripts().get_heads()) == 1


def test_every_revision_says_which_schema_it_is_about() -> None:
    lost = [
        step.revision
        for step in _scripts().walk_revisions()
        if getattr(step.module, "schema", "") not in ("wallet", "casino")
    ]
    assert lost == []
