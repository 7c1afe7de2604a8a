"""How a new incarnation of a table takes over: claim, fence, finish what was begun, then serve.

1. `claim_table`: from now on the store refuses writers of older epochs.
2. `FenceTable` to every shard: from now on no wallet takes reservations of older epochs, and each says what is open.
3. DECIDED rounds: the plan is carried out (again). A PLAYING round by today's rules: it is left to be played on, what
   its record and steps do not know is voided. OPEN, CLOSED and other PLAYING rounds: compare-and-set to VOIDING; if the
   predecessor decided just before, that counts. VOIDING rounds: every open reservation of theirs is voided.
4. Any other open reservation of an older epoch is voided: no plan will ever pay for it.

Dying anywhere in between is harmless: the next incarnation does all of it again, and ids are derived.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, NamedTuple

from actors.domain.commands import Refused
from actors.domain.games.catalogue import PLAY_GAMES
from actors.domain.ids import Origin, derive_id, make_id
from actors.domain.money.orders import Fenced, FenceTable, OpenReservation
from actors.domain.refusals import Refusal
from actors.domain.rounds import RoundState, VoidEntry
from actors.ports import Clock, Post, RoundStore, StaleEpoch, UnfinishedRound
from actors.table_rounds import RESTARTED, RoundKeeper
from actors.table_stage import HISTORY, Stage
from actors.table_wallets import Entry

log = logging.getLogger(__name__)

ASK_S: Final = 5.0
FIRST_WAIT_S: Final = 0.1
LAST_WAIT_S: Final = 2.0


class _Open(NamedTuple):
    """An open reservation as an entry to void, and its round."""

    entry: VoidEntry
    round_id: bytes


class Recovery:
    """One take-over. `run` goes on for ever while store or wallets are away; cancel its task to give up."""

    def __init__(
        self,
        stage: Stage,
        keeper: RoundKeeper,
        rounds: RoundStore,
        post: Post,
        clock: Clock,
        *,
        key: bytes,
        shards: Sequence[int],
        owner: str,
    ) -> None:
        self._stage = stage
        self._keeper = keeper
        self._rounds = rounds
        self._post = post
        self._clock = clock
        self._key = key
        self._shards = shards
        self._owner = owner
        #: A round that is to be played on.
        self.playing: UnfinishedRound | None = None

    async def run(self) -> None:
        """Return when nothing of the past is open. Raises StaleEpoch: somebody else has claimed the table since."""
        table_id = self._stage.config.table_id
        epoch = await self._keeper.durably(lambda: self._rounds.claim_table(table_id, self._owner))
        history = await self._recent_numbers()
        self._stage.taken_over(epoch, history)  # from here on there are snapshots
        open_ = await self._fence_all()
        while unfinished := await self._unfinished():
            for row in unfinished:
                open_ = await self._finish(row, open_)
        await self._void_rest(open_)
        self._keeper.round_no = await self._keeper.durably(lambda: self._rounds.last_round_no(table_id))
        self._stage.correct_history(await self._recent_numbers())

    async def _unfinished(self) -> list[UnfinishedRound]:
        table_id, playing = self._stage.config.table_id, self.playing
        rows = await self._keeper.durably(lambda: self._rounds.unfinished(table_id))
        return [row for row in rows if playing is None or row.round_id != playing.round_id]

    async def _recent_numbers(self) -> list[int]:
        table_id = self._stage.config.table_id
        return await self._keeper.durably(lambda: self._rounds.recent_numbers(table_id, HISTORY))

    async def _finish(self, row: UnfinishedRound, open_: list[_Open]) -> list[_Open]:
        """Bring one round to its end and return the reservations that are still open after that."""
        table_id, epoch = self._stage.config.table_id, self._stage.epoch
        log.info("recovering table=%s round=%s state=%s", table_id, row.round_id.hex(), row.state.name)
        if row.state is RoundState.DECIDED:
            assert row.plan is not None, "a decided round has its plan"
            await self._keeper.carry_out(row.round_id, row.number, row.plan)
            entries: list[Entry] = [*row.plan.settle, *row.plan.void]
            planned = {(entry.shard, entry.reservation_id) for entry in entries}
            return [o for o in open_ if (o.entry.shard, o.entry.reservation_id) not in planned]
        if self._can_go_on(row):
            return await self._leave_playing(row, open_)
        if not await self._keeper.durably(lambda: self._rounds.start_void(table_id, epoch, row.round_id, RESTARTED)):
            return open_  # the predecessor's decision was first: it is read again, with its plan
        mine = [o.entry for o in open_ if o.round_id == row.round_id]
        await self._keeper.give_back(row.round_id, mine, RESTARTED)
        await self._keeper.finish(row.round_id)
        return [o for o in open_ if o.round_id != row.round_id]

    def _can_go_on(self, row: UnfinishedRound) -> bool:
        game = PLAY_GAMES.get(self._stage.config.game)
        return row.state is RoundState.PLAYING and game is not None and game.rules_version == row.rules_version

    async def _leave_playing(self, row: UnfinishedRound, open_: list[_Open]) -> list[_Open]:
        """Void what is open for this round and not in its play: stakes whose step did not become durable."""
        assert row.play is not None, "a round that is being played has its record"
        bets = [*row.play.bets, *(step.added for step in row.steps if step.added is not None)]
        known = {(bet.shard, bet.reservation_id) for bet in bets}
        mine = [o.entry for o in open_ if o.round_id == row.round_id]
        stray = [entry for entry in mine if (entry.shard, entry.reservation_id) not in known]
        await self._keeper.give_back(row.round_id, stray, RESTARTED)
        self.playing = row
        return [o for o in open_ if o.round_id != row.round_id]

    async def _void_rest(self, open_: list[_Open]) -> None:
        by_round: dict[bytes, list[VoidEntry]] = {}
        for o in open_:
            by_round.setdefault(o.round_id, []).append(o.entry)
        for round_id, entries in by_round.items():
            await self._keeper.give_back(round_id, entries, RESTARTED)

    async def _fence_all(self) -> list[_Open]:
        parent = make_id(self._clock.now_ms(), Origin.TABLE, bytes(9))
        found = await asyncio.gather(*(self._fence(shard, parent) for shard in self._shards))
        return [o for open_ in found for o in open_]

    async def _fence(self, shard: int, parent: bytes) -> list[_Open]:
        """Ask one shard until it has fenced. Every try has the same id, so the fence is one row in its journal."""
        table_id, epoch = self._stage.config.table_id, self._stage.epoch
        cmd_id = derive_id(self._key, parent, Origin.TABLE, f"fence|{table_id}|{shard}", epoch)
        wait_s = FIRST_WAIT_S
        while True:
            (reply,) = await self._post.ask_all(f"wallet/{shard}", [FenceTable(cmd_id, table_id, epoch)], ASK_S)
            if isinstance(reply, Fenced):
                return [_entry_of(shard, o) for o in reply.open if o.table_epoch < epoch]
            if isinstance(reply, Refused) and reply.code == Refusal.STALE_TABLE_EPOCH:
                raise StaleEpoch(f"{table_id}: shard {shard} has a newer fence than {epoch}")
            await asyncio.sleep(wait_s)
            wait_s = min(wait_s * 2, LAST_WAIT_S)


def _entry_of(shard: int, found: OpenReservation) -> _Open:
    entry = VoidEntry(shard, found.reservation_id, found.player_id, found.ccy, found.amount_minor)
    return _Open(entry, found.round_id)
