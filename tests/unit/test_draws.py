"""The verifiable stream: its blocks are the trade's, its numbers unbiased, its chains commit to every round."""

from __future__ import annotations

import hmac
from collections import Counter

import pytest

from actors.domain.games.cards import Shoe, card_name, shuffled
from actors.domain.games.draws import SeededDraws, chain, commitment


def test_words_of_a_stream_are_the_published_floats() -> None:
    # domain.md 5.1 gives commitment and floats; this seed, client and nonce lead to them.
    draws = SeededDraws("a" * 64, "client", 1)
    assert commitment("a" * 64) == "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"
    assert [draws.word() / 2**32 for _ in range(3)] == pytest.approx([0.29117269022, 0.48238924704, 0.23212648765])


def test_stream_goes_on_into_the_next_block() -> None:
    draws = SeededDraws("a" * 64, "client", 1)
    words = [draws.word() for _ in range(9)]
    second = hmac.digest(b"a" * 64, b"client:1:1", "sha256")
    assert words[8] == int.from_bytes(second[:4], "big")


def test_below_one_takes_a_word_and_is_zero() -> None:
    assert SeededDraws("a" * 64, "salt", 1).below(1) == 0


@pytest.mark.parametrize("n", [0, -1, 2**32 + 1])
def test_below_outside_its_range_is_an_error(n: int) -> None:
    with pytest.raises(ValueError, match="below"):
        SeededDraws("a" * 64, "salt", 1).below(n)


def test_same_seed_client_and_nonce_give_the_same_stream() -> None:
    one, two = (SeededDraws("b" * 64, "salt", 7) for _ in range(2))
    assert [one.below(37) for _ in range(50)] == [two.below(37) for _ in range(50)]


def test_another_nonce_gives_another_stream() -> None:
    one, two = (SeededDraws("b" * 64, "salt", nonce) for nonce in (7, 8))
    assert [one.below(1000) for _ in range(20)] != [two.below(1000) for _ in range(20)]


def test_chain_element_commits_to_the_next() -> None:
    seeds = chain("c" * 64, 5)
    assert seeds[-1] == "c" * 64
    assert [commitment(seed) for seed in seeds[1:]] == seeds[:-1]


def test_shuffled_shoe_holds_every_card_of_every_deck() -> None:
    shoe = shuffled(SeededDraws("d" * 64, "salt", 1), 2)
    assert Counter(shoe) == Counter(list(range(52)) * 2)


def test_shoe_dealt_to_its_end_holds_every_card_once_a_deck() -> None:
    shoe = Shoe(SeededDraws("d" * 64, "salt", 1), 1)
    assert sorted(shoe.deal() for _ in range(52)) == list(range(52))
    with pytest.raises(IndexError):
        shoe.deal()


def test_cards_have_the_trades_names() -> None:
    assert [card_name(card) for card in (0, 9, 13, 51)] == ["As", "Ts", "Ah", "Kc"]
