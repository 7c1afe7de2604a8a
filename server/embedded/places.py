"""Folders and ports of the embedded services."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import pwd
import shutil
import socket
import stat
from pathlib import Path

from server.embedded.processes import EmbeddedError, Identity

SOCKET_PATH_BYTES_MAX = 107  # sun_path without its closing zero
FALLBACK = Path("/var/lib/croupier")
LOG_BYTES_MAX = 16 * 1024 * 1024


def service_identity() -> Identity:
    """Return who runs PostgreSQL: ourselves, or `nobody` when we are root, whom PostgreSQL refuses."""
    if os.geteuid() != 0:
        return Identity()
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError("no user `nobody` on this machine; run as an ordinary user, or set DATABASE_URL") from None
    return Identity(entry.pw_uid, entry.pw_gid)


def unreachable_part(path: Path, identity: Identity) -> Path | None:
    """Return the first folder on the way to path that the identity may not pass; None: it gets there."""
    if identity.uid < 0:
        return None
    resolved = Path(os.path.realpath(path))
    for folder in reversed((resolved / "x").parents):
        if not folder.exists():
            return None
        if not _may_pass(os.stat(folder), identity):
            return folder
    return None


def _may_pass(info: os.stat_result, identity: Identity) -> bool:
    if info.st_uid == identity.uid:
        return bool(info.st_mode & stat.S_IXUSR)
    if info.st_gid == identity.gid:
        return bool(info.st_mode & stat.S_IXGRP)
    return bool(info.st_mode & stat.S_IXOTH)


def make_private_folder(folder: Path, identity: Identity) -> None:
    """Make a folder only the identity (and root) may enter. Refuses one that belongs to somebody else or is a link."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    info = os.lstat(folder)
    owner = identity.uid if identity.uid >= 0 else os.geteuid()
    if not stat.S_ISDIR(info.st_mode) or info.st_uid not in (owner, os.geteuid()):
        raise EmbeddedError(f"{folder} belongs to somebody else; remove it or choose another CROUPIER_STATE")
    if identity.uid >= 0:
        os.chown(folder, identity.uid, identity.gid)
    os.chmod(folder, 0o700)


def socket_folder(home: Path) -> Path:
    """Return a folder for unix sockets, short because their paths have a limit; the same for the same home and user."""
    text = f"{os.geteuid()}:{os.path.realpath(home)}".encode()
    return Path("/tmp") / f"croupier-{hashlib.sha256(text).hexdigest()[:12]}"


def make_folder_outside(home: Path) -> Path:
    """Make the folder for data that the service's user cannot reach below home, under /var/lib; say in it whose it is.

    Always a new one: data that an earlier state folder of the same name has left there may be somebody's books.
    """
    name = hashlib.sha256(os.path.realpath(home).encode()).hexdigest()[:12]
    for number in itertools.count(1):
        folder = FALLBACK / f"{name}-{number}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir(parents=True, mode=0o711)
            folder.chmod(0o711)
            (folder / "belongs-to").write_text(f"{home}\n")
            return folder
    raise AssertionError("unreachable")


def is_port_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return whether a listener may bind here now. Somebody may still take it before we do."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def next_free_port(first: int, host: str = "127.0.0.1", tries: int = 200) -> int:
    """Return the first free port from `first` on. Raises EmbeddedError when none of so many is free."""
    for port in range(first, min(first + tries, 65_536)):
        if is_port_free(port, host):
            return port
    raise EmbeddedError(f"no free port from {first} to {first + tries - 1} on {host}")


def remembered_port(file: Path, first: int) -> int:
    """Return the port used last time if it is free, else the next free one from `first`."""
    try:
        port = int(file.read_text())
    except (FileNotFoundError, ValueError):
        return next_free_port(first)
    return port if is_port_free(port) else next_free_port(first)


def open_log(file: Path) -> Path:
    """Keep one older log when this one has grown large; return the file to append to."""
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and file.stat().st_size > LOG_BYTES_MAX:
        file.replace(file.with_suffix(".log.1"))
    return file


def last_lines(file: Path, count: int = 12) -> str:
    """Return the end of a log for a message."""
    try:
        with open(file, "rb") as log:
            log.seek(max(0, file.stat().st_size - 8192))
            return "\n".join(log.read().decode(errors="replace").splitlines()[-count:])
    except FileNotFoundError:
        return "(no log)"


def copy_readable(source: Path, target: Path) -> None:
    """Copy a folder so that every user may read it; whole or not at all. An existing target is left alone."""
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    half_done = target.with_name(f"{target.name}.{os.getpid()}.new")
    shutil.copytree(source, half_done, symlinks=True)
    for folder, _folders, files in os.walk(half_done):
        os.chmod(folder, 0o755)
        for name in files:
            path = Path(folder, name)
            if not path.is_symlink():
                os.chmod(path, 0o755 if path.stat().st_mode & 0o100 else 0o644)
    try:
        half_done.rename(target)
    except OSError:  # somebody was faster
        shutil.rmtree(half_done)
