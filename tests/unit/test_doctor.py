"""The doctor says what is wrong and how to mend it, and its exit code says whether it matters."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from server import doctor
from server.config import Config
from server.doctor import Finding, Verdict, examine


def _console() -> tuple[Console, io.StringIO]:
    output = io.StringIO()
    return Console(file=output, width=200), output


async def test_failed_check_gives_exit_code_1_and_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [lambda config: [Finding("disk", Verdict.FAIL, "full", "free some space")]])
    console, output = _console()
    assert await examine(Config(), console) == 1
    assert "fail disk: full" in output.getvalue()
    assert "-> free some space" in output.getvalue()


async def test_warning_alone_gives_exit_code_0(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "CHECKS", [lambda config: [Finding("Node", Verdict.WARN, "none", "run `make setup`")]])
    assert await examine(Config(), _console()[0]) == 0


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none", "postgresql://"])
async def test_unreachable_database_is_a_finding_and_no_traceback(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr("asyncpg.connect", refuse)
    found = list(await doctor._check_postgres(Config(database_url=url)))
    assert [finding.verdict for finding in found] == [Verdict.FAIL]
    assert "DATABASE_URL" in found[0].text


def test_open_key_folder_is_a_failure_with_the_command_that_closes_it(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir(mode=0o755)
    findings = list(doctor._check_state(Config(state=tmp_path)))
    assert [f.mend for f in findings if f.verdict is Verdict.FAIL] == [f"chmod 700 '{tmp_path / 'keys'}'"]


def test_state_folder_yet_to_be_made_is_well(tmp_path: Path) -> None:
    findings = list(doctor._check_state(Config(state=tmp_path / "new" / "state")))
    assert [finding.verdict for finding in findings] == [Verdict.OK]


def test_full_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DISK_BYTES_MIN", 2**62)
    assert [finding.verdict for finding in doctor._check_disk(Config(state=tmp_path))] == [Verdict.FAIL]


def test_misspelt_setting_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROUPIER_HTTP_PROT", "1")
    assert [finding.mend for finding in doctor._check_settings(Config())] == ["did you mean CROUPIER_HTTP_PORT?"]


async def test_unreachable_shard_is_a_finding_that_names_shard_and_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refuse(*_: object, **__: object) -> None:
        raise ConnectionRefusedError("refused")

    monkeypatch.setattr("asyncpg.connect", refuse)
    (found,) = await doctor._check_shards(Config(shard_urls=("", "postgresql://elsewhere")))
    assert (found.subject, found.verdict) == ("books of shard 1", Verdict.FAIL)
    assert "CROUPIER_SHARD_URLS" in found.text
