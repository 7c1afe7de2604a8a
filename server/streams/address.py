"""Where a host's streams are: what a host is told of another one, through Ray, before it connects."""

from __future__ import annotations

import contextlib
import hashlib
import os
import socket
import stat
import time
from pathlib import Path
from typing import Final

import msgspec

from server.embedded.places import make_private_folder
from server.embedded.processes import Identity

#: A socket this old to which nobody listens was left by a process that was killed.
LEFT_BEHIND_S: Final = 60.0


class StreamAddress(msgspec.Struct, frozen=True):
    """node: Ray's id of the machine. path: unix socket, for hosts on it. ip and port: for all others; 0: not offered."""

    host: str
    life: int
    node: str
    path: str
    ip: str = ""
    port: int = 0


def sockets_folder() -> Path:
    """Return the folder of the hosts' sockets, making it: short, because socket paths are limited; for us alone."""
    folder = Path("/tmp") / f"croupier-link-{os.geteuid()}"
    make_private_folder(folder, Identity())
    return folder


def socket_path(folder: Path, run: str, host: str) -> Path:
    """Return where the host listens in this run; a restarted host takes the place of its predecessor."""
    mark = hashlib.sha256(host.encode()).hexdigest()[:8]
    return folder / f"{run}-{mark}-{host.replace('/', '-')[:24]}"


def forget_old_sockets(folder: Path) -> None:
    """Remove the sockets of processes that were killed, of whatever run."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # its owner may remove it at the same time
            info = path.lstat()
            is_old = time.time() - info.st_mtime > LEFT_BEHIND_S
            if stat.S_ISSOCK(info.st_mode) and is_old and not _is_heard(path):
                path.unlink()


def _is_heard(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(0.2)
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return False
        except OSError:  # busy, perhaps: not for us to judge
            return True
        return True
