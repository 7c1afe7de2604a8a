"""What each player is told about the end of a round, gathered from a plan as the wallets acknowledge it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from actors.domain.events import BetOutcome, MyBetsSettled, MyBetsVoided, PersonalEvent, Win
from actors.domain.money.orders import Done
from actors.domain.rounds import Plan, SettleEntry, VoidEntry
from actors.table_wallets import Acknowledged, Entry

WINNERS_SHOWN: Final = 20


class _Share:
    """One player's entries of one kind. latest: the last of his acknowledged orders."""

    __slots__ = ("entries", "latest", "left")

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.left = 0
        self.latest: Done | None = None


def _shares(entries: Iterable[Entry]) -> dict[int, _Share]:
    shares: dict[int, _Share] = {}
    for entry in entries:
        share = shares.get(entry.player_id)
        if share is None:
            share = shares[entry.player_id] = _Share()
        share.entries.append(entry)
        share.left += 1
    return shares


class Results:
    """Gives each player's personal event once, when the last of his entries is acknowledged."""

    def __init__(
        self,
        table_id: str,
        round_id: bytes,
        number: int,
        settle: Iterable[SettleEntry],
        void: Iterable[VoidEntry],
        reason: str,
    ) -> None:
        self._table_id = table_id
        self._round_id = round_id
        self._number = number
        self._reason = reason
        self._settled = _shares(settle)
        self._voided = _shares(void)

    def acknowledge(self, acknowledged: Acknowledged) -> list[tuple[int, PersonalEvent]]:
        """Return (player, event) of the players who now have everything."""
        told: list[tuple[int, PersonalEvent]] = []
        settled, voided = self._settled, self._voided
        for entry, done in acknowledged:
            is_settled = type(entry) is SettleEntry
            share = (settled if is_settled else voided)[entry.player_id]
            share.left -= 1
            latest = share.latest
            if done is not None and (latest is None or done.seq > latest.seq):
                latest = share.latest = done
            if share.left == 0 and latest is not None:
                event = self._settled_event if is_settled else self._voided_event
                told.append((entry.player_id, event(share.entries, latest)))
        return told

    def _settled_event(self, entries: list[Any], latest: Done) -> MyBetsSettled:
        stake_minor = payout_minor = 0
        bets = []
        for entry in entries:
            stake, payout = entry.stake_minor, entry.payout_minor
            bets.append(BetOutcome(entry.reservation_id, stake, payout))
            stake_minor += stake
            payout_minor += payout
        money = (latest.seq, latest.cash_minor, latest.escrow_minor)
        return MyBetsSettled(self._table_id, self._round_id, self._number, bets, stake_minor, payout_minor, *money)

    def _voided_event(self, entries: list[Any], latest: Done) -> MyBetsVoided:
        ids = [entry.reservation_id for entry in entries]
        stake_minor = sum(entry.stake_minor for entry in entries)
        money = (latest.seq, latest.cash_minor, latest.escrow_minor)
        return MyBetsVoided(self._table_id, self._round_id, ids, stake_minor, self._reason, *money)


def winners(plan: Plan, names: dict[int, str]) -> list[Win]:
    """Return who was paid, the largest first, at most WINNERS_SHOWN; players without a known name are left out."""
    paid: dict[int, int] = {}
    for entry in plan.settle:
        if entry.payout_minor:
            paid[entry.player_id] = paid.get(entry.player_id, 0) + entry.payout_minor
    ranked = sorted(((names.get(player_id, ""), amount) for player_id, amount in paid.items()), key=lambda w: -w[1])
    return [Win(name, amount) for name, amount in ranked if name][:WINNERS_SHOWN]
