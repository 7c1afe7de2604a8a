"""Antifraud: a score per player, kept up to date from the journal. It reads and scores; it never touches money."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.games.catalogue import game_of_rules
from actors.domain.money.entries import EntryCode
from actors.domain.policy.fraud import Profile, apply_round, apply_stake, score
from actors.domain.rounds import Plan
from actors.ports import Clock
from actors.supervisors.follower import Follower, Supervisor
from actors.supervisors.journal import JournalSource, Page

FOLLOWER: Final = "antifraud"
#: A stake is reserved, or played at once.
_STAKES: Final = (EntryCode.RESERVE, EntryCode.WAGER)
#: Profiles kept in memory; beyond it they are read again from the store.
PROFILES_KEPT: Final = 20_000


class ScoreRow(msgspec.Struct, frozen=True):
    """What is stored of one player."""

    player_id: int
    score: int
    reasons: list[dict[str, Any]]
    profile: Profile


class AntifraudStore(JournalSource, Protocol):
    """Where scores are durable. Every call may raise StoreUnavailable. Adapter: `server/storage/supervision.py`."""

    async def plans(self, round_ids: Collection[bytes]) -> Mapping[bytes, tuple[str, Plan]]:
        """Return rules version and settlement plan of these rounds, where they have a plan."""
        ...

    async def profiles(self, player_ids: Collection[int]) -> Mapping[int, Profile]:
        """Return the profiles that are stored for these players."""
        ...

    async def save_scores(self, follower: str, page: Page, scores: Sequence[ScoreRow], now_ms: int) -> None:
        """Store the scores and move the checkpoint from after_seq to to_seq, both or neither.

        Raises CheckpointMoved where the checkpoint is elsewhere.
        """
        ...


class Antifraud(Supervisor):
    """The actor that scores players. Each journal row counts exactly once, through crashes and in two copies."""

    def __init__(self, store: AntifraudStore, clock: Clock, *, fatal: Callable[[BaseException], None]) -> None:
        super().__init__("supervisor/antifraud", fatal=fatal)
        self._store = store
        self._clock = clock
        self._follower = Follower(FOLLOWER, store, self._handle_page, codes=(*_STAKES, EntryCode.SETTLE))
        self._profiles: dict[int, Profile] = {}

    def counters(self) -> dict[str, int]:
        """Return counters and gauges by name."""
        return super().counters() | self._follower.counters()

    async def work(self) -> None:
        """Score everything that is durable."""
        await self._follower.catch_up()

    def doubt(self) -> None:
        """Forget positions and profiles: the store knows better."""
        self._follower.doubt()
        self._profiles.clear()

    async def _handle_page(self, page: Page) -> None:
        stakes = [entry for entry in page.entries if entry.code in _STAKES]
        settled = {(entry.round_id, entry.player_id) for entry in page.entries if entry.code is EntryCode.SETTLE}
        profiles = await self._load({entry.player_id for entry in stakes} | {player for _, player in settled})
        for entry in stakes:
            profiles[entry.player_id] = apply_stake(profiles[entry.player_id], entry.booked_ms, entry.stake_minor)
        plans = await self._store.plans({round_id for round_id, _ in settled}) if settled else {}
        for round_id, (rules_version, plan) in plans.items():
            game = game_of_rules(rules_version)
            for player_id, chips in _chips_by_player(plan).items():
                if (round_id, player_id) in settled and chips:
                    profiles[player_id] = apply_round(profiles[player_id], round_id, chips, game)
        rows = [ScoreRow(player_id, *score(profile), profile) for player_id, profile in profiles.items()]
        await self._store.save_scores(FOLLOWER, page, rows, self._clock.now_ms())
        self._remember(profiles)

    async def _load(self, player_ids: set[int]) -> dict[int, Profile]:
        missing = player_ids - self._profiles.keys()
        stored = await self._store.profiles(missing) if missing else {}
        return {player: self._profiles.get(player) or stored.get(player) or Profile() for player in player_ids}

    def _remember(self, profiles: Mapping[int, Profile]) -> None:
        if len(self._profiles) + len(profiles) > PROFILES_KEPT:
            self._profiles.clear()
        self._profiles.update(profiles)


def _chips_by_player(plan: Plan) -> dict[int, dict[int, int]]:
    """Return stake by position, for each player of a round."""
    players: dict[int, dict[int, int]] = {}
    for entry in plan.settle:
        chips = players.setdefault(entry.player_id, {})
        for position, stake in entry.chips:
            chips[position] = chips.get(position, 0) + stake
    return players
