"""The world of a simulation: hosts that crash, links that lose, delay and double, all from one seed on virtual time.

A host here is what a process is in the real platform: actors, a receiver and a courier (the real ones), and every task
they start. A crash ends all of that at whatever await it has reached; from then on nothing of it can touch the world,
because every port it was given asks first whether its host still lives.

A life may be doomed from its birth: to end at its n-th step (the n-th time that one of its tasks reaches an await), or at
a named failpoint. So crashes meet every await, and not only those at which much time passes.
"""

from __future__ import annotations

import asyncio
import contextvars
import math
import random
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping
from typing import Any, Final

from actors.domain.contracts import CONTRACTS
from actors.ports import Actor
from actors.runtime.batches import Codec
from actors.runtime.counters import Counters
from actors.runtime.lane import LaneLimits
from actors.runtime.link import LinkBroken
from actors.runtime.receiver import Receiver
from tests.simulation.local import Handed, WatchedCourier
from tests.simulation.witness import Exchange, Witness

#: The moment at which every simulation begins, milliseconds since 1970.
EPOCH_MS = 1_790_000_000_000

#: Where a wallet's life may end: `WalletShard` names all but K3 .. K5, which are the store's.
FAILPOINTS: Final = ("K1", "K2", "K3", "K4", "K5", "K6", "K7", "K8", "R1", "R2", "R3")
#: A doomed life ends after at most so many steps; few and many are equally likely.
STEPS_MAX: Final = 4_000
#: The n-th passing of a failpoint at which a life ends is at most this.
PASSINGS_MAX: Final = 40


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
        self.crash_mean_s = 4.0
        self.second_copy = 0.4 * scale
        self.doomed_step = 0.35 * scale  # of all lives
        self.doomed_point = 0.45 * scale  # of the other wallets' lives
        self.doomed_hall = 0.8 * scale  # of the other halls' lives: there are fewer of them


class World:
    """Time, chance and hosts of one run. `trace` collects readable lines; `counts` says what the run has produced."""

    def __init__(self, seed: int, *, trace: bool = False) -> None:
        self.seed = seed
        self.rng = random.Random(seed)
        self.loop = asyncio.get_running_loop()
        self.faults = Faults()
        self.counts: Counter[str] = Counter()
        self.lines: list[str] = []
        self.bugs: list[str] = []  # what the loop would only log
        self.hosts: dict[str, Host] = {}
        self.codec = Codec(CONTRACTS)
        self.handed = Handed(self.codec)
        self.history: list[Exchange] = []
        self.moment = 0  # counts what is sent and what is answered, so that "before" has a meaning
        self.durable: Callable[[int], int] = lambda shard: 0  # the last position of a shard's journal
        self.host_of: Callable[[str], str | None] = lambda address: None  # in which host an address lives
        self.is_tracing = trace
        self._incarnations = 0
        self._digest = 0
        self.loop.set_task_factory(_make_task)  # type: ignore[arg-type]
        self.loop.set_exception_handler(self._on_bug)

    def _on_bug(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        cause = getattr(error, "__cause__", None)
        self.bugs.append(f"{error!r}, cause {cause!r}: {context['message']}")

    def now_ms(self) -> int:
        """Return the time of the simulated world: the `Clock` port."""
        return EPOCH_MS + int(self.loop.time() * 1000)

    def log(self, what: str) -> None:
        """Add a line to the trace."""
        if self.is_tracing:
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
            self.counts["slow link"] += 1
            return self.rng.uniform(0.05, 1.5)
        return self.rng.expovariate(1 / 0.002)

    def down_s(self) -> float:
        """Return how long a killed host takes to come back."""
        return 0.02 + min(self.rng.expovariate(1 / 0.5), 4.0)

    def spare_all(self) -> None:
        """Let every life go on that was doomed."""
        for host in self.hosts.values():
            if host.life is not None:
                host.life.steps_left, host.life.doom_point = -1, ""

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

    @property
    def kind(self) -> str:
        """The part of the name before "/"."""
        return self.name.partition("/")[0]

    def crash(self, why: str, *, down_s: float) -> None:
        """End the present life at once; another begins after down_s."""
        life, self._life = self._life, None
        if life is None:
            return
        self.world.counts[f"crash {self.kind} {why}"] += 1
        self.world.log(f"CRASH {life.name} {why}")
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
        self.name = f"{host.name}#{self.incarnation}"
        self.steps_left, self.doom_point, self._passings_left = self._draw_doom()
        self._context = contextvars.copy_context()
        self._context.run(_life.set, self)
        self.receiver = Receiver(self.incarnation, self.world.codec, self.actors, Counters(), self._on_bug)
        self.courier = WatchedCourier(
            self.world.handed,
            self.receiver,
            host=host.name,
            incarnation=self.incarnation,
            codec=self.world.codec,
            host_of=self.world.host_of,
            connect=lambda name: SimLink(self, name),
            counters=Counters(),
            limits=LaneLimits(attempt_s=2.0),
        )
        self.post = Witness(self.world, self.name, self.courier)

    def _draw_doom(self) -> tuple[int, str, int]:
        """Return after how many steps, or at which passing of which failpoint, this life ends; -1 and "": not so."""
        world = self.world
        if world.chance(world.faults.doomed_step):
            return int(math.exp(world.rng.uniform(0, math.log(STEPS_MAX)))) + 1, "", 0
        shares = {"wallet": world.faults.doomed_point, "hall": world.faults.doomed_hall}
        if world.chance(shares.get(self.host.kind, 0.0)):
            point = world.rng.choice(FAILPOINTS)
            return -1, point, 1 if point.startswith("R") else world.rng.randint(1, PASSINGS_MAX)
        return -1, "", 0

    def failpoint(self, name: str) -> None:
        """End here, at once, if that is this life's doom."""
        if self.dies_at(name):
            raise Dead

    def dies_at(self, name: str) -> bool:
        """`failpoint` where whoever calls goes on for all that."""
        if name != self.doom_point or not self.is_alive:
            return False
        self._passings_left -= 1
        if self._passings_left == 0:
            self.die(f"at {name}")
        return self._passings_left == 0

    def step(self) -> None:
        """One of its tasks has reached an await."""
        self.steps_left -= 1
        if self.steps_left == 0 and self.is_alive:
            self.die("at an await")

    def die(self, why: str) -> None:
        """End as a killed process does, and let the host begin again soon."""
        if self.host.life is self:
            self.host.crash(why, down_s=self.world.down_s())
        else:
            self.world.counts[f"crash zombie {self.host.kind}"] += 1
            self.world.log(f"CRASH {self.name} {why}")
            self.end()

    def begin(self, actors: Mapping[str, Actor]) -> None:
        """Start the actors one after the other; each answers from the moment its start has returned."""
        if actors:
            self.spawn(self._start(actors))

    def run(self, work: Callable[..., Any], *given: Any) -> Any:
        """Call something as a part of this life."""
        return self._context.copy().run(work, *given)

    async def _start(self, actors: Mapping[str, Any]) -> None:
        try:
            for address, actor in actors.items():
                await actor.start()
                self.actors[address] = actor
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.fatal(error)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine as a part of this life."""
        return self._context.copy().run(self.world.loop.create_task, work)

    def fatal(self, error: BaseException) -> None:
        """An actor says that this incarnation must end."""
        if not self.is_alive:
            return
        self.world.counts[f"fatal {type(error).__name__}"] += 1
        self.world.log(f"FATAL {self.name}: {type(error).__name__}: {error}")
        self.die("by itself")

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


class _Counted(Coroutine[Any, Any, Any]):
    """A coroutine of a doomed life: every await that it reaches is a step."""

    __slots__ = ("_life", "_work")

    def __init__(self, life: Life, work: Coroutine[Any, Any, Any]) -> None:
        self._life = life
        self._work = work

    def send(self, value: Any) -> Any:
        waits_for = self._work.send(value)
        self._life.step()
        return waits_for

    def throw(self, *error: Any) -> Any:
        return self._work.throw(*error)

    def close(self) -> None:
        self._work.close()

    def __await__(self) -> Generator[Any, Any, Any]:
        return self._work.__await__()


class Dead(asyncio.CancelledError):
    """Raised into code of a life that has ended: it must not go on, and `except Exception` must not stop that."""


def living() -> Life | None:
    """Return the life whose code runs now; None outside any host. Raises Dead if that life is over."""
    life = _life.get()
    if life is not None and not life.is_alive:
        raise Dead
    return life


def _make_task(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **given: Any) -> asyncio.Task[Any]:
    life = _life.get()
    if life is not None and life.steps_left > 0:
        work = _Counted(life, work)
    task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **given)
    if life is not None:
        life.tasks[task] = None
        task.add_done_callback(lambda done: life.tasks.pop(done, None))
        if not life.is_alive:
            task.cancel()
    return task


class SimLink:
    """A link that loses, delays and doubles what it carries."""

    def __init__(self, sender: Life, to: str) -> None:
        self._sender = sender
        self._world = sender.world
        self._to = to
        self._sent = 0
        self._newest_arrived = 0

    async def send(self, blob: bytes) -> bytes:
        world, faults = self._world, self._world.faults
        world.mark(self._to, len(blob))
        self._sent = number = self._sent + 1
        await asyncio.sleep(world.delay_s())
        living()
        world.counts["requests"] += 1
        if world.chance(faults.lose_request):
            world.counts["request lost"] += 1
            raise LinkBroken("request lost")
        if world.chance(faults.double_request):
            world.counts["request doubled"] += 1
            world.loop.call_later(world.rng.uniform(0, 3.0), self._deliver_late, blob, context=contextvars.Context())
        if number < self._newest_arrived:
            world.counts["request reordered"] += 1
        self._newest_arrived = max(number, self._newest_arrived)
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
