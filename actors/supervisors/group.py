"""Several supervisors behind one address: a hint is sent once and wakes them all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actors.domain.commands import Noted
from actors.supervisors.follower import Supervisor

#: Where wallets send `JournalGrew`.
ADDRESS = "supervisor/journal"


class SupervisorGroup:
    """The actor at "supervisor/journal". Each member works in a task of its own: one that waits holds up nobody."""

    def __init__(self, members: Sequence[Supervisor]) -> None:
        self.members = tuple(members)

    def __repr__(self) -> str:
        return f"SupervisorGroup({', '.join(member.name for member in self.members)})"

    async def start(self) -> None:
        """Start every member."""
        for member in self.members:
            await member.start()

    async def handle_batch(self, sender: str, messages: Sequence[Any]) -> Sequence[Noted]:
        """Wake every member."""
        for member in self.members:
            await member.handle_batch(sender, messages)
        return [Noted() for _ in messages]

    async def stop(self) -> None:
        """Stop every member. Safe to repeat."""
        for member in self.members:
            await member.stop()
