"""The randomness of outcomes: unbiased by construction, never repeated by a fork."""

from __future__ import annotations

import os
from collections import Counter, deque

import pytest

import server.entropy
from server.entropy import LibsodiumEntropy


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
    monkeypatch.setattr(server.entropy, "randombytes", lambda size: words.popleft().to_bytes(size, "big"))
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


def test_forked_process_draws_other_numbers() -> None:
    entropy = LibsodiumEntropy()
    entropy.token(32)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writer, entropy.token(32))
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 32) != entropy.token(32)
    os.close(reader)
    os.close(writer)
