"""The `croupier` command."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import psutil
import typer
from rich.console import Console
from rich.text import Text

from server.config import Config, ConfigError, load_config, misspelt_variables
from server.databases import database, databases, running_database
from server.embedded import processes
from server.embedded.lock import StateLock
from server.embedded.places import open_log
from server.embedded.processes import EmbeddedError
from server.embedded.run_file import RunFile, end_leftovers, forget_run, read_run
from server.fairness.command import chains_command, spin_command, verify_command
from server.host_commands import drain, restart, rolling_restart
from server.logging import configure_logging
from server.rtp.command import rtp
from server.secrets import load_secrets
from server.table_commands import table

STOP_TIMEOUT_S = 90.0

app = typer.Typer(help="The Croupier casino platform.", no_args_is_help=True, add_completion=False)
_output = Console(highlight=False, soft_wrap=True)
_error = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command line. A wrong setting or a service that cannot run ends with its message and exit code 2."""
    try:
        app()
    except (ConfigError, EmbeddedError) as error:
        _error.print(Text.assemble(("croupier: ", "red"), str(error)))
        sys.exit(2)


@app.command()
def up() -> None:
    """Start everything and run until Ctrl-C."""
    from server.progress import Progress
    from server.up import Up, make_state_folder

    config = load_config()
    make_state_folder(config)
    log = open_log(config.state / "logs" / "up.log")
    configure_logging("up", config.log_level, log.open("a", buffering=1, encoding="utf-8"))
    progress = Progress()
    for name, meant in misspelt_variables().items():
        progress.note(f"{name} is not a setting; did you mean {meant}?")
    code = asyncio.run(_run_up(Up, config, progress))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # everything is stopped; Ray's native threads have been seen to abort the interpreter's own teardown


async def _run_up(kind: type, config: Config, progress: object) -> int:
    code: int = await kind(config, progress).run()
    return code


@app.command()
def stop() -> None:
    """Stop the run of this state folder and wait until nothing of it is left."""
    config = load_config()
    holder = StateLock(config.state).holder() if config.state.exists() else None
    if holder is not None:
        psutil.Process(holder.pid).send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while processes.is_running(holder) and time.monotonic() < deadline:
            time.sleep(0.1)
        if processes.is_running(holder):
            _error.print(f"process {holder.pid} does not listen; killing it")
            psutil.Process(holder.pid).kill()
    last = read_run(config.state)
    if last is not None and not processes.is_running(last.up):
        asyncio.run(_sweep(last))
        forget_run(config.state)
    _output.print("stopped" if holder is not None else "nothing runs here")


async def _sweep(last: RunFile) -> None:
    await end_leftovers(last)
    await processes.end(processes.running(last.processes), signal.SIGINT, 20.0)


@app.command()
def status() -> None:
    """Say what runs and where it answers. Exit code 0: ready, 3: not."""
    config = load_config()
    run = read_run(config.state)
    if run is None or not processes.is_running(run.up):
        _output.print(f"nothing runs in {config.state.absolute()}")
        raise typer.Exit(3)
    _output.print(f"{'ready' if run.ready else 'starting'}  process {run.up.pid}")
    for label, address in (
        ("HTTP", run.http),
        *(("WebSocket", address) for address in run.websockets),
        ("Ray dashboard", run.dashboard),
        ("metrics", run.metrics),
    ):
        if address:
            _output.print(f"  {label:<14} {address}")
    for process in run.processes:
        _output.print(f"  {process.pid:>8}  {'' if processes.is_running(process) else 'ended '}{process.name}")
    if not run.ready:
        raise typer.Exit(3)


app.command()(restart)
app.command()(drain)
app.command(name="rolling-restart")(rolling_restart)
app.command()(rtp)
app.add_typer(table, name="table")
app.command(name="verify")(verify_command)
app.command(name="verify-spin")(spin_command)
app.command(name="chains")(chains_command)


@app.command()
def migrate() -> None:
    """Bring the relations of the database up to date."""
    asyncio.run(_migrate(load_config()))
    _output.print("the database is up to date")


async def _migrate(config: Config) -> None:
    from server.storage.migrate import migrate_all

    async with databases(config) as found:
        await migrate_all(found.database_url, found.books())


_Keys = Annotated[Path | None, typer.Option(help="the list of public keys; else the state folder's")]


@app.command()
def audit(
    as_json: Annotated[bool, typer.Option("--json", help="for programs: the whole report as JSON")] = False,
    since_checkpoint: Annotated[
        bool, typer.Option("--since-checkpoint", help="only what came after the last checkpoint that holds")
    ] = False,
    receipts: Annotated[Path | None, typer.Option(help="a folder of receipts to compare with the books")] = None,
    checkpoints: Annotated[Path | None, typer.Option(help="another second place than CROUPIER_CHECKPOINTS")] = None,
    keys: _Keys = None,
) -> None:
    """Check the books against every law and all evidence, from PostgreSQL alone. Exit code 1: a law is broken."""
    from server.evidence import keys_file

    config = load_config()
    options: dict[str, Any] = {
        "keys": keys or keys_file(config),
        "checkpoints": checkpoints or config.checkpoint_folder,
        "receipts": receipts,
        "since_checkpoint": since_checkpoint,
    }
    sys.exit(asyncio.run(_audit(config, as_json, options)))


async def _audit(config: Config, as_json: bool, options: dict[str, Any]) -> int:
    from server.audit import AuditError
    from server.audit import audit as check_books
    from server.audit.report import report_json, report_text

    async with databases(config) as found:
        status = _error.status("reading the books") if _error.is_terminal and not as_json else None
        with status or contextlib.nullcontext():
            try:
                report = await check_books(
                    [found.database_url, *found.books()],
                    progress=lambda text: status.update(text) if status else None,
                    **options,
                )
            except AuditError as error:
                raise EmbeddedError(str(error)) from None
    _output.print(Text(report_json(report) if as_json else report_text(report)))
    return 0 if report.ok else 1


@app.command()
def retain(
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="--dry-run only says what would be done, and why not")
    ],
) -> None:
    """Take old partitions off the journal, in two runs two hours apart. Exit code 1: something stands in the way."""
    from server.retention import retain as take_off

    async def run() -> bool:
        async with databases(load_config()) as config:
            return await take_off(config, apply=apply, say=lambda text: _output.print(Text(text)))

    sys.exit(0 if asyncio.run(run()) else 1)


@app.command()
def replay(
    words: Annotated[list[str], typer.Argument(metavar="ROUND", help="a round's id, or a table and a number")],
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,
) -> None:
    """Show a round as it happened, from the durable record. Exit code 1: rules, plan and books disagree."""
    sys.exit(asyncio.run(_replay(load_config(), words, as_json)))


async def _replay(config: Config, words: list[str], as_json: bool) -> int:
    from server.replay import ReplayError, replay_json, replay_text
    from server.replay import replay as replay_round

    async with databases(config) as found:
        try:
            told = await replay_round(found.database_url, list(found.books()), words)
        except ReplayError as error:
            raise EmbeddedError(str(error)) from None
    _output.print(Text(replay_json(told) if as_json else replay_text(told)))
    return 0 if told.agrees else 1


@app.command(name="verify-receipt")
def verify_receipt(file: Path, keys: _Keys = None) -> None:
    """Check a receipt's signature, without any database. Exit code 1: it is not ours, or was changed."""
    from server.audit.receipts import read_receipts
    from server.audit.seals import RECEIPT, SealBroken, check_seal, load_keys
    from server.evidence import keys_file

    try:
        known = load_keys(keys or keys_file(load_config()))
        for receipt in read_receipts(file):
            check_seal(receipt, RECEIPT, known)
            _output.print(Text(f"row {receipt['seq']} of shard {receipt['shard']}: signed by key {receipt['key']}"))
    except OSError as error:
        raise EmbeddedError(f"{error.filename} cannot be read: {error.strerror}") from None
    except SealBroken as broken:
        _error.print(Text(f"NOT VALID: {broken}"))
        raise typer.Exit(1) from None


@app.command(name="rotate-evidence-key")
def rotate_evidence_key() -> None:
    """Make a new key for checkpoints and receipts, signed by the old one. Used from the next start on."""
    from server.evidence import rotate_key

    config = load_config()
    if not config.state.exists():
        raise EmbeddedError(f"there is no state folder {config.state.absolute()}; `croupier up` makes one")
    _output.print(
        f"key {rotate_key(config, load_secrets(config), time.time_ns() // 1_000_000)} signs from the next start"
    )


@app.command()
def certificate() -> None:
    """Make the certificate of CROUPIER_TLS=dev, or renew it near its end, and say where it is. Clients must trust it."""
    from server.tls import ensure_dev_certificate
    from server.up import make_state_folder

    config = load_config()
    make_state_folder(config)
    files = ensure_dev_certificate(config.state, config.bind, time.time_ns() // 1_000_000)
    _output.print(Text(str(files.cert)))


@app.command(name="demo-accounts")
def demo_accounts() -> None:
    """Make a dealer, a second dealer, a device and a member of staff, and print their passwords."""
    config = load_config()
    accounts = asyncio.run(_demo_accounts(config))
    for name, password in accounts.items():
        _output.print(Text(f"{name:10} {password}"))
    _output.print(Text(f"also in {config.state / 'accounts.txt'}"))


async def _demo_accounts(config: Config) -> dict[str, str]:
    import asyncpg

    from server.demo_accounts import ensure_demo_accounts
    from server.passwords import Passwords
    from server.storage.players import PostgresPlayers

    async with database(config) as address, asyncpg.create_pool(address, min_size=1, max_size=2) as pool:
        return await ensure_demo_accounts(PostgresPlayers(pool), Passwords(), config.state, shards=config.shards)


class KeysVerb(StrEnum):
    """What to do with the keys of personal data."""

    STATUS = "status"
    ROTATE = "rotate"
    ERASE = "erase"


@app.command()
def keys(
    verb: Annotated[KeysVerb, typer.Argument(help="status; rotate: a new key-encryption key; erase: a player's data")],
    name: Annotated[str, typer.Argument(help="erase: whose data become unreadable for ever")] = "",
) -> None:
    """Look after the keys of personal data."""
    from server.vault.commands import erase, rotate, status

    async def run() -> list[str]:
        async with databases(load_config()) as config:
            if verb is KeysVerb.ERASE:
                return await erase(config, name)
            return await (rotate(config) if verb is KeysVerb.ROTATE else status(config))

    for line in asyncio.run(run()):
        _output.print(Text(line))


@app.command()
def doctor() -> None:
    """Check this machine and say what is wrong and how to mend it. Exit code 1: something must be mended."""
    from server.doctor import examine

    sys.exit(asyncio.run(examine(load_config(), _output)))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def bench(context: typer.Context) -> None:
    """Measure durable bets a second beside pgbench on the same server. Options as `python -m loadtest.bench --help`."""
    sys.exit(subprocess.run([sys.executable, "-m", "loadtest.bench", *context.args], check=False).returncode)


_Shard = Annotated[int, typer.Option("--shard", help="the PostgreSQL that keeps this wallet shard's books")]


@app.command()
def dsn(
    binaries: Annotated[bool, typer.Option(help="the folder of psql and pgbench instead")] = False, shard: _Shard = -1
) -> None:
    """Print the address of the running database, password included."""
    from server.embedded.postgres import binaries_folder

    if binaries:
        _output.print(Text(str(binaries_folder())))
        return
    config = load_config()
    address = running_database(config)
    if address is None:
        raise EmbeddedError("no database runs here; `croupier up` starts one")
    _output.print(Text(_address_of(msgspec.structs.replace(config, database_url=address), shard)))


@app.command()
def psql(
    arguments: Annotated[list[str] | None, typer.Argument(help="handed on to psql, after `--`")] = None,
    shard: _Shard = -1,
) -> None:
    """Open psql on the database of this state folder."""
    sys.exit(asyncio.run(_psql(load_config(), arguments or [], shard)))


async def _psql(config: Config, arguments: list[str], shard: int) -> int:
    from server.embedded.postgres import binaries_folder

    async with databases(config) as found:
        program = str(binaries_folder() / "psql")
        process = await asyncio.create_subprocess_exec(program, _address_of(found, shard), *arguments)
        return await process.wait()


def _address_of(config: Config, shard: int) -> str:
    """Return the casino's database, or for a shard's number 0 .. the one with its books. Raises ConfigError."""
    if shard >= config.shards:
        raise ConfigError(f"there is no shard {shard}: CROUPIER_SHARDS is {config.shards}")
    return config.database_url if shard < 0 else config.shard_url(shard)


if __name__ == "__main__":
    main()
