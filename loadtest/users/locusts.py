"""Locust's users: a persona each, driven by its schedule. All of a process share one `Casino`."""

from __future__ import annotations

import random
import time
import uuid
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

import gevent
from locust import User, constant, task

from loadtest import accounts
from loadtest.accounts import Account
from loadtest.shapes.curves import SHAPES, is_rush, storms_s
from loadtest.users.abuser import Abuser
from loadtest.users.assault import GeventAssault
from loadtest.users.blackjack import BlackjackPlayer
from loadtest.users.crash import CrashByHand, CrashPlayer
from loadtest.users.link import TICKER, GeventDesk, SwarmLink
from loadtest.users.lurker import Lurker
from loadtest.users.persona import Persona
from loadtest.users.roulette import BaccaratPlayer, BonusHunter, CasualRoulettePlayer, FlakyMobile
from loadtest.users.schedule import Schedule
from loadtest.users.slot import SlotPlayer
from loadtest.users.tally import Tally

#: An address is good for so many seconds.
_URL_S: Final = 2.0


class Casino:
    """What all players of this process share: accounts, the clock of the run, what is counted, who was here before."""

    def __init__(self, environment: Any) -> None:
        given = environment.parsed_options
        self.environment = environment
        self.http: str = environment.host or given.host
        self.tally = Tally()
        self.seconds: float = given.seconds
        self.shape = SHAPES.get(given.shape)
        self.began_s = time.monotonic()
        self.written = False
        self._accounts = accounts.load(Path(given.accounts)) if given.accounts else []
        self._share: int = given.share
        self._away: defaultdict[type[Persona], list[tuple[Persona, SwarmLink]]] = defaultdict(list)
        self._url, self._url_until_s = "", 0.0
        self._assault = GeventAssault(self.url, self.stranger)
        TICKER.start()
        for after_s in storms_s(self.shape, self.seconds) if self.shape else []:
            gevent.spawn_later(after_s, self._storm)
        if self._accounts:
            index = environment.runner.worker_index
            self._accounts = self._accounts[index :: self._share]

    # ---- the clock of the run

    @property
    def since_s(self) -> float:
        return time.monotonic() - self.began_s

    @property
    def draining(self) -> bool:
        """Nobody stakes any more."""
        return self.shape is not None and self.since_s > self.seconds

    @property
    def rush(self) -> bool:
        return self.shape is not None and is_rush(self.shape, self.since_s, self.seconds)

    def _storm(self) -> None:
        for link in list(TICKER.links):
            link.cut()

    # ---- who plays

    def welcome(self, kind: type[Persona]) -> tuple[Persona, SwarmLink]:
        """Return one who was here before and left, or a new one."""
        if self._away[kind]:
            return self._away[kind].pop()
        account = self._accounts.pop() if self._accounts else self.stranger()
        rng = random.Random(account.name)
        events: list[Persona] = []
        link = SwarmLink(
            self.url,
            account.token,
            lambda: accounts.enter(self.http, account.name, known=True).token,
            rng,
            lambda event, news: events[0].hear(event, news),
        )
        desk = GeventDesk(link, self._report, self._refused)
        persona = Abuser(account.name, desk, rng, self._assault) if kind is Abuser else kind(account.name, desk, rng)
        events.append(persona)
        self.tally.personas.append(persona)
        return persona, link

    def farewell(self, persona: Persona, link: SwarmLink) -> None:
        """He leaves, and may come back."""
        link.close()
        self._away[type(persona)].append((persona, link))

    def stranger(self) -> Account:
        """Return an account of somebody new."""
        return accounts.enter(self.http, f"swarm{uuid.uuid4().hex[:14]}")

    def url(self) -> str:
        """Return where to connect, as it was told a moment ago at most: a crowd that comes back does not ask one by one."""
        if time.monotonic() > self._url_until_s:
            self._url = accounts.ws_url(self.http)
            self._url_until_s = time.monotonic() + _URL_S
        return self._url

    # ---- what is counted

    def _report(self, kind: str, due_s: float, failure: str) -> None:
        took_ms = 1000 * (time.monotonic() - due_s)
        self.tally.request(kind, took_ms)
        self.environment.events.request.fire(
            request_type="ws",
            name=kind,
            response_time=took_ms,
            response_length=0,
            exception=RuntimeError(failure) if failure else None,
            context={},
        )

    def _refused(self, name: str) -> None:
        self.tally.refusals[name] += 1

    def late(self, due_s: float, idle_since_s: float) -> None:
        """A turn begins now: note the delay that is nobody's but ours."""
        self.tally.late_ms.append(1000 * (time.monotonic() - max(due_s, idle_since_s)))


class SwarmUser(User):
    """One player. `environment.casino` is set when the run starts."""

    abstract = True
    persona_class: type[Persona]
    wait_time = constant(0)

    def on_start(self) -> None:
        """Connect and sit down."""
        self.casino: Casino = self.environment.casino
        self.persona, self.link = self.casino.welcome(self.persona_class)
        self.schedule = Schedule(self.persona.interval_s, self.persona.rng, time.monotonic(), self.persona.jitter)
        self.link.open()
        self.persona.enter()
        self.idle_since_s = time.monotonic()

    def on_stop(self) -> None:
        """Leave; what is staked stays, and what comes of it is in the books."""
        self.casino.farewell(self.persona, self.link)

    @task
    def turn(self) -> None:
        """Wait for the next turn, which was planned before anything was known, and have it."""
        due_s = self.schedule.next()
        pause_s = due_s - time.monotonic()
        if pause_s > 0:
            gevent.sleep(pause_s)
        self.casino.late(due_s, self.idle_since_s)
        if self.casino.draining:
            self.persona.rest(due_s)
        else:
            self.persona.turn(due_s, rush=self.casino.rush)
        self.idle_since_s = time.monotonic()


class Casual(SwarmUser):
    persona_class = CasualRoulettePlayer
    weight = 28


class Baccarat(SwarmUser):
    persona_class = BaccaratPlayer
    weight = 8


class Slot(SwarmUser):
    persona_class = SlotPlayer
    weight = 16


class Blackjack(SwarmUser):
    persona_class = BlackjackPlayer
    weight = 8


class CrashAuto(SwarmUser):
    persona_class = CrashPlayer
    weight = 8


class CrashHand(SwarmUser):
    persona_class = CrashByHand
    weight = 6


class Hunter(SwarmUser):
    persona_class = BonusHunter
    weight = 6


class Looker(SwarmUser):
    persona_class = Lurker
    weight = 10


class Flaky(SwarmUser):
    persona_class = FlakyMobile
    weight = 8


class Abusive(SwarmUser):
    persona_class = Abuser
    weight = 2
