"""Names of a host's processes: the host's own, and with a plus sign that of the second one, which stands by."""

from __future__ import annotations

from typing import Final

_STANDBY: Final = "+"


def standby_of(host: str) -> str:
    """Return the name of the process that stands by for a host."""
    return host + _STANDBY


def host_of(process: str) -> str:
    """Return the host a process belongs to."""
    return process.removesuffix(_STANDBY)


def is_standby(process: str) -> bool:
    """Tell whether the name is that of a second process. Which of the two serves at the moment it does not tell."""
    return process.endswith(_STANDBY)
