"""The wheel's sensor and a second dealer, scripted with the Python SDK, beside the browser."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from clients.python import CroupierClient
from protocol.messages import DealerState

T = TypeVar("T")


class Scripted:
    """An SDK client in a thread of its own, so that it keeps its connection while a test waits for a page."""

    def __init__(self, base_url: str, name: str, password: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()
        self._client = self.do(CroupierClient.login(base_url, name, password))
        self.do(self._client.connect())

    def do(self, work: Coroutine[Any, Any, T], timeout_s: float = 20.0) -> T:
        """Do it there and return what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout_s)

    def round_at(self, table_id: str, phase: str, timeout_s: float = 20.0) -> bytes:
        """Join the table, wait until its round is in this phase and return the round's id."""
        view = self.do(self._client.join(table_id))
        deadline = time.monotonic() + timeout_s
        while view.phase != phase:
            if time.monotonic() > deadline:
                raise AssertionError(f"{table_id} is {view.phase}, not {phase}")
            time.sleep(0.02)
            view = self._client.tables.get(table_id, view)
        return view.round_id

    def sense(self, table_id: str, number: int) -> DealerState:
        """As the wheel: tell the number that the ball lies in, once betting is closed."""
        round_id = self.round_at(table_id, "closed")
        return self.do(self._client.enter_number(table_id, round_id, number, "sensor"))

    def sit(self, table_id: str) -> DealerState:
        """As a dealer: take over the table."""
        return self.do(self._client.sit(table_id))

    def confirm(self, table_id: str, number: int) -> DealerState:
        """As a dealer: confirm a number. Raises Refused."""
        round_id = self.round_at(table_id, "closed")
        return self.do(self._client.confirm_number(table_id, round_id, number))

    def deal_coup(self, table_id: str, cards: Sequence[int], cut_before: int = -1) -> int:
        """As a dealer: open nothing, but close, deal these cards, confirm; return the outcome's number.

        cut_before: the cut card comes before the card of this place.
        """
        round_id = self.round_at(table_id, "betting")
        state = self.do(self._client.close_round(table_id, round_id))
        for place, card in enumerate(cards):
            if place == cut_before:
                state = self.do(self._client.cut_card(table_id, state.shoe[0].seq + 1))
            shoe = state.shoe[0]
            state = self.do(self._client.deal_card(table_id, round_id, shoe.seq + 1, card, shoe.due))
        return self.do(self._client.confirm_number(table_id, round_id, state.number)).number

    def open(self, table_id: str) -> DealerState:
        """As a dealer: open betting."""
        return self.do(self._client.open_round(table_id))

    def close(self) -> None:
        """Leave."""
        self.do(self._client.close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)
        self._loop.close()
