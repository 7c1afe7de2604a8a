"""A player's (or dealer's) client: connects, stays connected, and sends every order until it has an answer.

One asyncio task per client, however much it does. Every method raises `Refused` when the server says no,
`OutcomeUnknown` when no answer came in time, and `ConnectionClosed` when the client has stopped for good.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any, Self

from clients.python.errors import ConnectionClosed, Refused
from clients.python.http import HttpApi, Login
from clients.python.link import ANSWER_TIMEOUT_S, FindUrl, Link, NewToken
from clients.python.purse import Purse
from clients.python.pushes import Pushes
from clients.python.state import PlayerState
from clients.python.table_view import TableView
from protocol import connection as machine
from protocol.errors import REGISTRY, Code
from protocol.ids import new_client_id
from protocol.messages import (
    Act,
    Acted,
    Balance,
    BetsAccepted,
    BetsUndone,
    Call,
    Chip,
    DealerCard,
    DealerClose,
    DealerConfirm,
    DealerNumber,
    DealerOpen,
    DealerShoe,
    DealerSit,
    DealerState,
    DealerTakeBack,
    DealerVoid,
    DoubleBets,
    Error,
    GetBalance,
    GetSeeds,
    JoinTable,
    LeaveTable,
    LeftTable,
    ListTables,
    PlaceBets,
    RepeatBets,
    RotateSeed,
    Seeds,
    ServerMessage,
    Spin,
    SpinResult,
    TableInfo,
    Tables,
    TableSnapshot,
    UndoBets,
    Welcome,
)

OnPush = Callable[[str, ServerMessage], None]


class CroupierClient(Link):
    """See the module. Use as `async with`, or `connect` and `close`.

    tables: what is known of each joined table, by table_id. purse: what I have. welcome: of the latest connection.
    on_push: called with (table_id or "", message) for every push, in order, after the state here has changed.
    ca_file: certificates to trust instead of the system's, for wss: and https:.
    new_token: makes a fresh access token when the old one is refused; without it the client stops then.
    find_url: says where to connect when nobody answers where we were; without it always to ws_url.
    """

    def __init__(
        self,
        ws_url: str,
        token: str,
        *,
        new_token: NewToken | None = None,
        on_push: OnPush | None = None,
        client: str = "croupier-python",
        spread: Callable[[], float] = random.random,
        find_url: FindUrl | None = None,
        ca_file: str = "",
    ) -> None:
        super().__init__(ws_url, token, new_token, client, spread, find_url, ca_file)
        self._state = PlayerState()
        self._on_push = on_push
        self._pushes: list[Pushes] = []

    @property
    def tables(self) -> dict[str, TableView]:
        """What is known of each joined table, by table_id."""
        return self._state.tables

    @property
    def purse(self) -> Purse:
        """What I have."""
        return self._state.purse

    @property
    def welcome(self) -> Welcome | None:
        """Of the latest connection."""
        return self._state.welcome

    # ---------------------------------------------------------------- connecting

    @classmethod
    async def register(cls, base_url: str, name: str, password: str, **options: Any) -> Self:
        """Return the client of a new player; not connected yet."""
        api = HttpApi(base_url, ca_file=options.get("ca_file", ""))
        return await cls._logged_in(api, await api.register(name, password), options)

    @classmethod
    async def login(cls, base_url: str, name: str, password: str, **options: Any) -> Self:
        """Return the client of a known player; not connected yet."""
        api = HttpApi(base_url, ca_file=options.get("ca_file", ""))
        return await cls._logged_in(api, await api.login(name, password), options)

    @classmethod
    async def _logged_in(cls, api: HttpApi, login: Login, options: dict[str, Any]) -> Self:
        refresh_token = login.refresh_token

        async def new_token() -> str:
            nonlocal refresh_token
            fresh = await api.refresh(refresh_token)
            refresh_token = fresh.refresh_token
            return fresh.access_token

        return cls(await api.ws_url(), login.access_token, new_token=new_token, find_url=api.ws_url, **options)

    # ---------------------------------------------------------------- questions

    async def list_tables(self) -> list[TableInfo]:
        """Return the lobby."""
        return (await self.ask(ListTables(), Tables)).tables

    async def balance(self) -> Balance:
        """Return what the books have."""
        return await self.ask(GetBalance(), Balance)

    async def join(self, table_id: str) -> TableView:
        """Take a seat. The view is kept up to date; after a lost connection the seat is taken again."""
        await self.ask(JoinTable(table_id), TableSnapshot)
        return self.tables[table_id]

    async def leave(self, table_id: str) -> None:
        """Stop the table's pushes. Accepted bets stay."""
        await self.ask(LeaveTable(table_id), LeftTable)
        self.tables.pop(table_id, None)

    # ---------------------------------------------------------------- bets

    async def place(
        self,
        table_id: str,
        chips: Sequence[Chip | tuple[int, int]],
        calls: Sequence[Call] = (),
        *,
        round_id: bytes = b"",
        bet_id: bytes = b"",
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> BetsAccepted:
        """Place chips, all or nothing, in the current round or the given one. To try again, pass the same bet_id."""
        stakes = [chip if isinstance(chip, Chip) else Chip(*chip) for chip in chips]
        order = PlaceBets(table_id, self._round(table_id, round_id), bet_id or self.new_id(), stakes, list(calls))
        return await self.ask(order, BetsAccepted, timeout_s)

    async def repeat(
        self, table_id: str, *, round_id: bytes = b"", bet_id: bytes = b"", timeout_s: float = ANSWER_TIMEOUT_S
    ) -> BetsAccepted:
        """Place what I had in my last settled round here."""
        order = RepeatBets(table_id, self._round(table_id, round_id), bet_id or self.new_id())
        return await self.ask(order, BetsAccepted, timeout_s)

    async def double(
        self, table_id: str, *, round_id: bytes = b"", bet_id: bytes = b"", timeout_s: float = ANSWER_TIMEOUT_S
    ) -> BetsAccepted:
        """Place once more what I have on the layout."""
        order = DoubleBets(table_id, self._round(table_id, round_id), bet_id or self.new_id())
        return await self.ask(order, BetsAccepted, timeout_s)

    async def undo(
        self,
        table_id: str,
        bet_ids: Sequence[bytes] = (),
        *,
        round_id: bytes = b"",
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> BetsUndone:
        """Take bets back: these, or all of mine in this round."""
        order = UndoBets(table_id, self._round(table_id, round_id), self.new_id(), list(bet_ids))
        return await self.ask(order, BetsUndone, timeout_s)

    async def act(
        self,
        table_id: str,
        bet_id: bytes,
        action: str,
        value: int = 0,
        *,
        round_id: bytes = b"",
        command_id: bytes = b"",
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Acted:
        """Do something with my bet while its round is played: see `Act`. To try again, pass the same command_id."""
        order = Act(table_id, self._round(table_id, round_id), command_id or self.new_id(), bet_id, action, value)
        return await self.ask(order, Acted, timeout_s)

    async def cash_out(
        self,
        table_id: str,
        bet_id: bytes,
        *,
        round_id: bytes = b"",
        command_id: bytes = b"",
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> Acted:
        """Leave a flight of crash with all that rides of this bet; `value` of the answer is the multiplier, in hundredths.

        It counts by the server's clock. To try again, pass the same command_id.
        """
        return await self.act(
            table_id, bet_id, "cash_out", round_id=round_id, command_id=command_id, timeout_s=timeout_s
        )

    # ---------------------------------------------------------------- instant games

    async def spin(
        self, game: str, stake_minor: int, *, spin_id: bytes = b"", timeout_s: float = ANSWER_TIMEOUT_S
    ) -> SpinResult:
        """Play a round of an instant game; ask for `seeds` before the first. To try again, pass the same spin_id."""
        return await self.ask(Spin(game, spin_id or self.new_id(), stake_minor), SpinResult, timeout_s)

    async def seeds(self, game: str) -> Seeds:
        """Return by which seeds I play: commitments of those to come, and what is revealed of those before."""
        return await self.ask(GetSeeds(game), Seeds)

    async def rotate_seed(self, game: str, client_seed: str, *, timeout_s: float = ANSWER_TIMEOUT_S) -> Seeds:
        """Have the server's seed revealed, and play by the next one together with this seed of mine from now on."""
        return await self.ask(RotateSeed(game, self.new_id(), client_seed), Seeds, timeout_s)

    # ---------------------------------------------------------------- dealing

    async def sit(self, table_id: str) -> DealerState:
        """Take over a live table."""
        return await self.ask(DealerSit(table_id), DealerState)

    async def open_round(self, table_id: str, window_s: int = 0) -> DealerState:
        """Open a round for betting; window_s 0: until `close_round`."""
        return await self.ask(DealerOpen(table_id, self.new_id(), window_s), DealerState)

    async def close_round(self, table_id: str, round_id: bytes) -> DealerState:
        """No more bets."""
        return await self.ask(DealerClose(table_id, round_id), DealerState)

    async def enter_number(self, table_id: str, round_id: bytes, number: int, source: str = "manual") -> DealerState:
        """Enter what the wheel shows."""
        return await self.ask(DealerNumber(table_id, round_id, number, source), DealerState)

    async def confirm_number(self, table_id: str, round_id: bytes, number: int) -> DealerState:
        """Confirm the entered number by repeating it."""
        return await self.ask(DealerConfirm(table_id, round_id, number), DealerState)

    async def deal_card(
        self, table_id: str, round_id: bytes, seq: int, card: int, hand: int = -1, source: str = "manual"
    ) -> DealerState:
        """Deal the next card of a coup. seq: `Shoe.seq` + 1; to try again, say the same."""
        return await self.ask(DealerCard(table_id, round_id, seq, card, hand, source), DealerState)

    async def take_back(self, table_id: str, round_id: bytes, seq: int, card: int, reason: str = "") -> DealerState:
        """Take the last card back, before the coup is confirmed."""
        return await self.ask(DealerTakeBack(table_id, round_id, seq, card, reason), DealerState)

    async def new_shoe(self, table_id: str, seq: int, first: int, cut: int, reason: str = "") -> DealerState:
        """Put a shuffled shoe on the table: its first card, turned over, and where the cut card lies, from the end."""
        return await self.ask(DealerShoe(table_id, seq, "new", first, cut, reason), DealerState)

    async def burned(self, table_id: str, seq: int, cards: int) -> DealerState:
        """Say that so many cards were burned, as many as the first one counts."""
        return await self.ask(DealerShoe(table_id, seq, "burned", cards), DealerState)

    async def cut_card(self, table_id: str, seq: int) -> DealerState:
        """Say that the cut card has come: the coup in play, or the next, and one more are dealt."""
        return await self.ask(DealerShoe(table_id, seq, "cut"), DealerState)

    async def void_round(self, table_id: str, round_id: bytes, reason: str) -> DealerState:
        """Give every stake of the round back."""
        return await self.ask(DealerVoid(table_id, round_id, reason), DealerState)

    # ---------------------------------------------------------------- waiting

    def pushes(self, most: int = 1000) -> Pushes:
        """Return an async iterator over (table_id or "", message) of the pushes from now on. Close it when done."""
        pushes = Pushes(most, self._pushes)
        if self._stopped is not None:
            pushes.stop()
        return pushes

    def new_id(self) -> bytes:
        """Return a fresh id by the server's clock."""
        return new_client_id(self.server_now_ms())

    # ---------------------------------------------------------------- events

    def _take(self, event: machine.Event) -> None:
        news = self._state.take(event)
        if isinstance(event, machine.Answered) and not event.handle.done():
            event.handle.set_result(event.body)
        if news is not None:
            self._publish(*news)

    def _publish(self, table_id: str, message: ServerMessage) -> None:
        for pushes in self._pushes:
            pushes.put(table_id, message)
        if self._on_push is not None:
            self._on_push(table_id, message)

    def _round(self, table_id: str, round_id: bytes) -> bytes:
        """Return the round to bet in. Refuses what the server would refuse, where there is no round to name."""
        if round_id:
            return round_id
        view = self.tables.get(table_id)
        if view is not None and view.round_id:
            return view.round_id
        code = Code.NOT_JOINED if view is None else Code.BETTING_CLOSED
        raise Refused(Error(code, code.name, REGISTRY[code].retryable, 0, "not sent"))

    def _stop(self, reason: ConnectionClosed) -> None:
        super()._stop(reason)
        for pushes in list(self._pushes):
            pushes.stop()
