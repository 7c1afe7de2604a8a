"""Antifraud: a score per player, kept up to date from the journal. It reads and scores; it never touches money."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from actors.domain.games.catalogue import game_of_rules
from actors.domain.policy.fraud import Profile, apply_round, apply_stakes, round_flags, score
from actors.domain.rounds import Plan
from actors.ports import Clock
from actors.supervisors.follower import Follower, Supervisor
from actors.supervisors.journal import Digest, JournalSource

FOLLOWER: Final = "antifraud"
#: Profiles kept in memory; beyond it they are read again from the store.
PROFILES_KEPT: Final = 20_000
#: Rounds whose flags are kept: the settlements of one round are in pages of several shards.
ROUNDS_KEPT: Final = 50


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

    async def save_scores(self, follower: str, page: Digest, scores: Sequence[ScoreRow], now_ms: int) -> None:
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
        self._follower = Follower(FOLLOWER, store, store.digest, self._handle_page)
        self._profiles: dict[int, Profile] = {}
        #: Round -> player -> what his bets were like. A plan that is there never changes.
        self._flags: dict[bytes, Mapping[int, int]] = {}

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

    async def _handle_page(self, page: Digest) -> None:
        settled = {player_id for players in page.settled.values() for player_id in players}
        profiles = await self._load({staked.player_id for staked in page.stakes} | settled)
        for staked in page.stakes:
            known = profiles[staked.player_id]
            profiles[staked.player_id] = apply_stakes(known, staked.booked_s, staked.bets, staked.stake_minor)
        flags = await self._flags_of(page.settled)
        for round_id, players in page.settled.items():
            of_round = flags.get(round_id, {})
            for player_id in of_round.keys() & players:
                profiles[player_id] = apply_round(profiles[player_id], round_id, of_round[player_id])
        rows = [ScoreRow(player_id, *score(profile), profile) for player_id, profile in profiles.items()]
        await self._store.save_scores(FOLLOWER, page, rows, self._clock.now_ms())
        self._remember(profiles)

    async def _flags_of(self, round_ids: Collection[bytes]) -> Mapping[bytes, Mapping[int, int]]:
        """Return the flags of every player of these rounds, where they have a plan."""
        missing = [round_id for round_id in round_ids if round_id not in self._flags]
        plans = await self._store.plans(missing) if missing else {}
        found = {round_id: self._flags[round_id] for round_id in round_ids if round_id in self._flags}
        found |= {round_id: _flags_by_player(rules_version, plan) for round_id, (rules_version, plan) in plans.items()}
        self._flags = dict([*self._flags.items(), *found.items()][-ROUNDS_KEPT:])
        return found

    async def _load(self, player_ids: set[int]) -> dict[int, Profile]:
        missing = player_ids - self._profiles.keys()
        stored = await self._store.profiles(missing) if missing else {}
        return {player: self._profiles.get(player) or stored.get(player) or Profile() for player in player_ids}

    def _remember(self, profiles: Mapping[int, Profile]) -> None:
        if len(self._profiles) + len(profiles) > PROFILES_KEPT:
            self._profiles.clear()
        self._profiles.update(profiles)


def _flags_by_player(rules_version: str, plan: Plan) -> dict[int, int]:
    """Return what each player's bets of a round were like, all of them together."""
    game = game_of_rules(rules_version)
    players: dict[int, dict[int, int]] = {}
    for entry in plan.settle:
        if entry.chips:
            chips = players.setdefault(entry.player_id, {})
            for position, stake in entry.chips:
                chips[position] = chips.get(position, 0) + stake
    return {player_id: round_flags(chips, game) for player_id, chips in players.items()}
