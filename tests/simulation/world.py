"""The world of a simulation: hosts that crash, links that lose, delay and double, all from one seed on virtual time.

A host here is what a process is in the real platform: actors, a receiver and a courier (the real ones), and every task
they start. A crash ends all of that at whatever await it has reached; from then on nothing of it can touch the world,
because every port it was given asks first whether its host still lives.
"""

from __future__ import annotations

import asyncio
import contextvars
import random
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

from actors.domain.contracts import CONTRACTS
from actors.ports import Actor
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.courier import Courier
from actors.runtime.lane import LaneLimits
from actors.runtime.link import LinkBroken
from actors.runtime.receiver import Receiver

#: The moment at which every simulation begins, milliseconds since 1970.
EPOCH_MS = 1_790_000_000_000

_current: contextvars.ContextVar[Host | None] = contextvars.ContextVar("host", default=None)


class Faults:
    """How often things go wrong; shares in 0 .. 1, times in seconds. A new one of scale 0 switches all of it off."""

    def __init__(self, scale: float = 1.0) -> None:
        self.lose_request = 0.02 * scale
        self.lose_answer = 0.02 * scale
        self.double_request = 0.05 * scale
        self.slow_link = 0.03 * scale
        self.commit_lost_before = 0.01 * scale
        self.commit_lost_after = 0.01 * scale
        self.store_fails = 0.01 * scale
        self.crash_mean_s = 6.0
        self.second_copy = 0.15 * scale


class World:
    """Time, chance and hosts of one run. `trace` collects readable lines; `counts` says what the run has produced."""

    def __init__(self, seed: int, *, trace: bool = False) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.loop = asyncio.get_running_loop()
        self.faults = Faults()
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []
        self.hosts: dict[str, Host] = {}
        self.codec = Codec(CONTRACTS)
        self._is_tracing = trace
        self._incarnations = 0
        self._digest = 0
        self.loop.set_task_factory(_make_task)  # type: ignore[arg-type]

    def now_ms(self) -> int:
        """Return the time of the simulated world: the `Clock` port."""
        return EPOCH_MS + int(self.loop.time() * 1000)

    def log(self, what: str) -> None:
        """Add a line to the trace."""
        if self._is_tracing:
            self.lines.append(f"{self.loop.time():10.4f} {what}")

    def mark(self, *what: object) -> None:
        """Fold something that happened into the digest by which two runs of one seed are compared."""
        self._digest = zlib.crc32(repr((self.loop.time(), *what)).encode(), self._digest)

    @property
    def digest(self) -> int:
        """A number that differs when anything on the links or pipes differed."""
        return self._digest

    def chance(self, share: float) -> bool:
        """Tell whether something of this probability happens now."""
        return share > 0 and self.rng.random() < share

    def delay_s(self) -> float:
        """Return how long a link or store takes this time."""
        if self.chance(self.faults.slow_link):
            return self.rng.uniform(0.05, 1.5)
        return self.rng.expovariate(1 / 0.002)

    def next_incarnation(self) -> int:
        """Return a number that no host of this world had before."""
        self._incarnations += 1
        return self._incarnations

    def host(self, name: str, build: Callable[[Host], Mapping[str, Actor]]) -> Host:
        """Make a host and start it. build gives the actors by address; they are started in that order."""
        host = Host(self, name, build)
        self.hosts[name] = host
        host.start()
        return host


class SimEntropy:
    """The `Entropy` port from the seed."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def below(self, n: int) -> int:
        return self._rng.randrange(n)

    def token(self, size: int) -> bytes:
        return self._rng.randbytes(size)


class Host:
    """One process of the platform, in its present life."""

    def __init__(self, world: World, name: str, build: Callable[[Host], Mapping[str, Actor]]) -> None:
        self.world = world
        self.name = name
        self._build = build
        self._life: Life | None = None

    @property
    def life(self) -> Life | None:
        """The life that answers calls now; None while the host is down."""
        return self._life

    def start(self) -> None:
        """Begin a new life."""
        self._life = life = Life(self)
        life.begin(life.run(self._build, self))

    def crash(self, why: str, *, down_s: float) -> None:
        """End the present life at once; another begins after down_s."""
        life, self._life = self._life, None
        if life is None:
            return
        self.world.counts[f"crash {self.name.partition('/')[0]}"] += 1
        self.world.log(f"CRASH {self.name}: {why}")
        life.end()
        self.world.loop.call_later(down_s, self._restart, context=contextvars.Context())

    def second_copy(self) -> None:
        """Begin a new life while the old one goes on unreachable: a zombie, which may still reach everybody else."""
        zombie = self._life
        if zombie is None:
            return
        self.world.counts["zombie"] += 1
        self.world.log(f"ZOMBIE {self.name}")
        self.start()
        end_s = self.world.rng.uniform(0.5, 5.0)
        self.world.loop.call_later(end_s, zombie.end, context=contextvars.Context())

    def _restart(self) -> None:
        if self._life is None:
            self.world.log(f"START {self.name}")
            self.start()


class Life:
    """From one start of a host to its end."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.world = host.world
        self.is_alive = True
        self.incarnation = self.world.next_incarnation()
        self.tasks: dict[
            asyncio.Task[Any], None
        ] = {}  # in order of creation: a set's order would differ from run to run
        self.actors: dict[str, Actor] = {}
        self.on_end: list[Callable[[], None]] = []  # what the operating system does when a process ends
        self._context = contextvars.copy_context()
        self._context.run(_current.set, host)
        self._context.run(_life.set, self)
        self.receiver = Receiver(self.incarnation, self.world.codec, self.actors, Counters(), self._on_bug)
        self.courier = Courier(
            self.receiver,
            host=host.name,
            incarnation=self.incarnation,
            codec=self.world.codec,
            host_of=host_of,
            connect=lambda name: SimLink(self, name),
            counters=Counters(),
            limits=LaneLimits(attempt_s=2.0),
        )

    def begin(self, actors: Mapping[str, Actor]) -> None:
        """Start the actors; each answers from the moment its start has returned."""
        for address, actor in actors.items():
            self.spawn(self._start(address, actor))

    def run(self, work: Callable[..., Any], *given: Any) -> Any:
        """Call something as a part of this life."""
        return self._context.copy().run(work, *given)

    async def _start(self, address: str, actor: Any) -> None:
        try:
            await actor.start()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.fatal(error)
            return
        self.actors[address] = actor

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine as a part of this life."""
        return self._context.copy().run(self.world.loop.create_task, work)

    def fatal(self, error: BaseException) -> None:
        """An actor says that this incarnation must end."""
        if not self.is_alive:
            return
        self.world.counts[f"fatal {type(error).__name__}"] += 1
        self.world.log(f"FATAL {self.host.name}: {type(error).__name__}: {error}")
        if self.host.life is self:
            self.host.crash("fatal", down_s=self.world.rng.uniform(0.05, 0.5))
        else:
            self.end()

    def _on_bug(self, address: str, error: BaseException) -> None:
        raise AssertionError(f"bug in {address}") from error

    def end(self) -> None:
        """Nothing of this life happens any more."""
        if not self.is_alive:
            return
        self.is_alive = False
        self.courier.close()
        for task in list(self.tasks):
            task.cancel()
        for call in self.on_end:
            call()


_life: contextvars.ContextVar[Life | None] = contextvars.ContextVar("life", default=None)


class Dead(asyncio.CancelledError):
    """Raised into code of a life that has ended: it must not go on, and `except Exception` must not stop that."""


def living() -> Life | None:
    """Return the life whose code runs now; None outside any host. Raises Dead if that life is over."""
    life = _life.get()
    if life is not None and not life.is_alive:
        raise Dead
    return life


def _make_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **given: Any) -> asyncio.Task[Any]:
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **given)
    life = _life.get()
    if life is not None:
        life.tasks[task] = None
        task.add_done_callback(lambda done: life.tasks.pop(done, None))
        if not life.is_alive:
            task.cancel()
    return task


def host_of(address: str) -> str | None:
    """Say where an address lives: one table host, one supervisor host."""
    kind = address.partition("/")[0]
    return {"table": "tables/rng", "supervisor": "supervisor/main"}.get(kind, address)


class SimLink:
    """A link that loses, delays and doubles what it carries."""

    def __init__(self, sender: Life, to: str) -> None:
        self._sender = sender
        self._world = sender.world
        self._to = to

    async def send(self, blob: bytes) -> bytes:
        world, faults = self._world, self._world.faults
        world.mark(self._to, len(blob))
        await asyncio.sleep(world.delay_s())
        living()
        if world.chance(faults.lose_request):
            world.counts["request lost"] += 1
            raise LinkBroken("request lost")
        if world.chance(faults.double_request):
            world.counts["request doubled"] += 1
            world.loop.call_later(world.rng.uniform(0, 3.0), self._deliver_late, blob, context=contextvars.Context())
        answer = await self._deliver(blob)
        await asyncio.sleep(world.delay_s())
        if world.chance(faults.lose_answer):
            world.counts["answer lost"] += 1
            raise LinkBroken("answer lost")
        return answer

    async def _deliver(self, blob: bytes) -> bytes:
        host = self._world.hosts.get(self._to)
        life = host.life if host is not None else None
        if life is None:
            raise LinkBroken(f"{self._to} is down")
        task = life.spawn(life.receiver.deliver(blob))
        await asyncio.wait({task})
        if task.cancelled() or not life.is_alive:
            raise LinkBroken(f"{self._to} died")
        answer: bytes = task.result()
        return answer

    def _deliver_late(self, blob: bytes) -> None:
        host = self._world.hosts.get(self._to)
        if host is not None and host.life is not None:
            host.life.spawn(_quietly(host.life.receiver.deliver(blob)))


async def _quietly(work: Awaitable[Any]) -> None:
    try:
        await work
    except Exception as error:
        raise AssertionError("a doubled batch made the receiver raise") from error
