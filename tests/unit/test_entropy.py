"""The randomness of outcomes: unbiased by construction, seeded anew in time, never the same in two places."""

from __future__ import annotations

import copy
import os
import threading
from collections import Counter, deque
from collections.abc import Callable

import pytest

import server.entropy
from server.drbg import HmacDrbg
from server.entropy import RESEED_REQUESTS, RESEED_S, LibsodiumEntropy, SeedRepeated


class System:
    """An operating system whose bytes are known, and a clock that stands."""

    def __init__(self) -> None:
        self.asked = 0
        self.now_s = 0.0

    def bytes(self, size: int) -> bytes:
        self.asked += 1
        return self.asked.to_bytes(size, "big")

    def clock(self) -> float:
        return self.now_s

    def entropy(self) -> LibsodiumEntropy:
        return LibsodiumEntropy(self.bytes, self.clock)


@pytest.fixture
def system() -> System:
    return System()


def in_a_fork(draw: Callable[[], bytes]) -> bytes:
    """Return what a child process draws."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, draw())
        os._exit(0)
    os.waitpid(child, 0)
    drawn = os.read(reader, 4096)
    os.close(reader)
    os.close(writer)
    return drawn


@pytest.mark.parametrize("n", [0, -1, 2**64 + 1])
def test_below_takes_only_sizes_it_can_serve(n: int) -> None:
    with pytest.raises(ValueError, match="below"):
        LibsodiumEntropy().below(n)


def test_below_of_the_extremes_works() -> None:
    assert LibsodiumEntropy().below(1) == 0
    assert 0 <= LibsodiumEntropy().below(2**64) < 2**64


def test_words_that_would_bias_the_result_are_thrown_away(monkeypatch: pytest.MonkeyPatch) -> None:
    usable = 2**64 - 2**64 % 37
    words = deque([2**64 - 1, usable, usable - 1])
    monkeypatch.setattr(HmacDrbg, "generate", lambda self, size: words.popleft().to_bytes(size, "big"))
    assert LibsodiumEntropy().below(37) == 36
    assert not words


def test_every_result_belongs_to_equally_many_words() -> None:
    usable = 2**64 - 2**64 % 37
    assert usable % 37 == 0
    assert 2**64 - usable < 37


def test_all_pockets_come_up_about_equally_often() -> None:
    entropy = LibsodiumEntropy()
    draws = 37_000
    counts = Counter(entropy.below(37) for _ in range(draws))
    chi2 = sum((counts[n] - draws / 37) ** 2 / (draws / 37) for n in range(37))
    # df 36: 58.62 at 99 %; this bound is passed by chance once in more than a million runs.
    assert chi2 < 105


def test_token_has_its_size_and_does_not_repeat() -> None:
    entropy = LibsodiumEntropy()
    assert {len(entropy.token(size)) for size in (0, 9, 32)} == {0, 9, 32}
    assert len({entropy.token(16) for _ in range(1_000)}) == 1_000


def test_reseeds_after_so_many_answers(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server.entropy, "RESEED_REQUESTS", 5)
    entropy = system.entropy()
    asked = system.asked
    seen = [(entropy.token(1), system.asked - asked)[1] for _ in range(12)]
    assert seen == [0] * 5 + [1] * 5 + [2] * 2


def test_reseeds_when_the_time_is_up(system: System) -> None:
    entropy = system.entropy()
    asked = system.asked
    system.now_s = RESEED_S - 0.001
    entropy.token(1)
    assert system.asked == asked
    system.now_s = RESEED_S
    entropy.token(1)
    entropy.token(1)
    assert system.asked == asked + 1


def test_limits_are_those_of_the_plan() -> None:
    assert (RESEED_REQUESTS, RESEED_S) == (2**16, 60.0)


def test_who_knows_the_whole_state_knows_nothing_after_a_reseed(system: System) -> None:
    """State compromise (GLI-19 3.3.2 c): the copy foretells the stream up to the reseed, and not a byte beyond it."""
    entropy = system.entropy()
    entropy.token(32)
    stolen = copy.deepcopy(entropy._drbg)
    assert [entropy.token(32) for _ in range(3)] == [stolen.generate(32) for _ in range(3)]
    system.now_s = RESEED_S
    after = [entropy.token(32) for _ in range(1_000)]
    assert not set(after) & {stolen.generate(32) for _ in range(2_000)}


def test_stolen_state_does_not_tell_what_came_before(system: System) -> None:
    entropy = system.entropy()
    before = entropy.token(32)
    state = (entropy._drbg._key, entropy._drbg._value)
    assert before not in state
    assert [entropy._drbg.generate(32) for _ in range(100)].count(before) == 0


def test_same_seed_in_two_holders_gives_two_streams() -> None:
    """Even a system that gives everybody the same bytes cannot bring two holders into step."""
    one, other = System().entropy(), System().entropy()
    assert {one.token(16) for _ in range(100)}.isdisjoint({other.token(16) for _ in range(100)})


def test_system_that_repeats_its_seed_stops_the_draw() -> None:
    with pytest.raises(SeedRepeated):
        LibsodiumEntropy(lambda size: bytes(16))
    stuck = deque([b"a" * 32, b"b" * 16, b"b" * 16])
    now_s = deque([0.0, RESEED_S])
    entropy = LibsodiumEntropy(lambda _: stuck.popleft(), now_s.popleft)
    with pytest.raises(SeedRepeated):
        entropy.token(1)


def test_forked_process_never_repeats_its_parents_stream() -> None:
    entropy = LibsodiumEntropy()
    entropy.token(32)
    child = in_a_fork(lambda: b"".join(entropy.token(8) for _ in range(500)))
    drawn = {entropy.token(8) for _ in range(10_000)}
    assert len(child) == 4_000
    assert drawn.isdisjoint(child[at : at + 8] for at in range(0, 4_000, 8))


def test_two_forks_of_one_process_draw_differently() -> None:
    entropy = LibsodiumEntropy()
    assert in_a_fork(lambda: entropy.token(32)) != in_a_fork(lambda: entropy.token(32))


def test_fork_in_the_middle_of_a_draw_is_not_locked_out() -> None:
    entropy = LibsodiumEntropy()
    with entropy._lock:
        assert len(in_a_fork(lambda: entropy.token(32))) == 32


def test_threads_never_get_the_same_bytes() -> None:
    entropy = LibsodiumEntropy()
    drawn: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: drawn.extend([entropy.token(16) for _ in range(1_000)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(drawn)) == 4_000
