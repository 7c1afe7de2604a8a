"""The watch over what is handed over as objects, on objects that do not equal their encoding: it must notice each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from actors.domain.audiences import Audience
from actors.domain.commands import Follow, Noted, UndoBet
from actors.domain.contracts import CONTRACTS
from actors.domain.money.orders import ReadMoney
from actors.ports import Replies
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.receiver import Receiver
from tests.simulation.local import Handed, WatchedCourier
from tests.simulation.loop import run_virtual

ADDRESS = "table/roulette-1"

