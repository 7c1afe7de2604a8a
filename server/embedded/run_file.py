"""`run.json` in the state folder: what `croupier up` has started and where it answers."""

from __future__ import annotations

import signal
from pathlib import Path

import msgspec

from server.embedded import processes
from server.embedded.processes import ProcessMark

#: These end leftovers of their own by a safer proof than a number: the folder they work in.
_SELF_HEALING = frozenset({"postgres", "valkey"})


class RunFile(msgspec.Struct, kw_only=True):
    """One run. Addresses are empty until they are known; `ready` says that all of them answer."""

    up: ProcessMark
    ready: bool = False
    http: str = ""
    websockets: list[str] = []
    dashboard: str = ""
    ray_session: str = ""  # what Ray's processes name in their command lines; empty where Ray is not ours
    metrics: str = ""
    ports: list[int] = []
    processes: list[ProcessMark] = []

    def write(self, state: Path) -> None:
        """Replace the file whole."""
        fresh = state / "run.json.new"
        fresh.write_bytes(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
        fresh.replace(state / "run.json")

    def forget_ended(self) -> None:
        """Drop the processes that do not run any more."""
        self.processes = [one for one in self.processes if processes.is_running(one)]

    def note(self, name: str, pid: int) -> None:
        """Record a process as started by this run; one that has gone already is not."""
        known = next((one for one in self.processes if one.pid == pid), None)
        if known is not None and known.name == name:
            return
        found = processes.mark(name, pid)
        if found is not None:
            self.processes = [known for known in self.processes if known.pid != pid] + [found]


def read_run(state: Path) -> RunFile | None:
    """Return the last run of this state folder; None when there was none or it ended in order."""
    try:
        return msgspec.json.decode((state / "run.json").read_bytes(), type=RunFile)
    except (FileNotFoundError, msgspec.DecodeError):
        return None


def forget_run(state: Path) -> None:
    """Remove the file after an orderly end."""
    (state / "run.json").unlink(missing_ok=True)


async def end_leftovers(run: RunFile) -> list[ProcessMark]:
    """End what a crashed run left behind and return it. A number reused by another program is not touched."""
    left = [one for one in run.processes if one.name not in _SELF_HEALING and processes.is_running(one)]
    # A worker whose Ray died before it was up was not recorded yet, and looks for that Ray for half a minute.
    known = {one.pid for one in left}
    left += [one for one in processes.started_for(run.ray_session) if one.pid not in known]
    await processes.end(processes.running(left), signal.SIGTERM, 5.0)
    return left
