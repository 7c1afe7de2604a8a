"""What every game must do. A subclass names the game and what is known of it; each game's tests have such a subclass.

`GameContract` is of all games, `LayoutContract` of those with a layout (also where rounds are played), `TableGameContract` of those
with one outcome, `InstantGameContract` of those of one order. What a game's own rules say is
tested beside it.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, ClassVar

import pytest

from actors.domain.commands import CallStake, ChipStake, Refused
from actors.domain.games.draws import SeededDraws
from actors.domain.games.game import BetLimits, Game, InstantGame, Outcome, TableGame
from actors.domain.refusals import Refusal
from server.rtp import Module, faults

#: Least return that a licence allows of any bet (domain.md 2.1: GLI-19 4.7).
LEAST_RETURN = Fraction(75, 100)
_MUST_TELL = {"game", "rules_version", "rules_hash", "rtp", "text"}
_TOLD = {*_MUST_TELL, "title", "kind", "min_cycle_ms"}


def streams(count: int = 40) -> list[SeededDraws]:
    """Return streams of so many rounds, always the same."""
    return [SeededDraws("c" * 64, "contract", nonce) for nonce in range(count)]


class GameContract:
    """Laws of all games. exact: the game's module in `server/rtp`."""

    game: ClassVar[Game]
    exact: ClassVar[Module]
    interface: ClassVar[type] = Game
    #: Below the licence's figure only where the game's documentation says why.
    least_return: ClassVar[Fraction] = LEAST_RETURN

    def hashed_rules(self, rules: dict[str, Any]) -> dict[str, Any]:
        """Return what the hash is over: all exported but what only tells; a game may say otherwise."""
        return {key: value for key, value in rules.items() if key not in _TOLD}

    def _hash(self, rules: dict[str, Any]) -> str:
        return hashlib.sha256(json.dumps(rules, sort_keys=True, separators=(",", ":")).encode()).hexdigest()

    def test_game_has_all_that_its_interface_asks(self) -> None:
        asked = {name for name in dir(self.interface) if not name.startswith("_")} | Game.__annotations__.keys()
        assert [name for name in sorted(asked) if not hasattr(self.game, name)] == []

    def test_rules_tell_what_a_player_must_know_in_plain_json(self) -> None:
        rules = self.game.export_rules()
        assert rules.keys() >= _MUST_TELL
        assert json.loads(json.dumps(rules, allow_nan=False)).keys() == rules.keys()
        assert rules["game"] == self.game.name
        assert all(isinstance(paragraph, str) and paragraph.endswith(".") for paragraph in rules["text"])

    def test_rules_version_names_variant_and_hash(self) -> None:
        rules = self.game.export_rules()
        assert rules["rules_version"] == self.game.rules_version
        assert re.fullmatch(r"[a-z0-9-]+-\d+:[0-9a-f]{12}", self.game.rules_version)
        assert self.game.rules_version.endswith(":" + rules["rules_hash"][:12])

    def test_rules_hash_follows_from_the_rules_that_are_told(self) -> None:
        rules = self.game.export_rules()
        assert self._hash(self.hashed_rules(rules)) == rules["rules_hash"]

    def test_rules_hash_changes_with_any_rule(self) -> None:
        rules = self.game.export_rules()
        hashed = self.hashed_rules(rules)
        assert hashed
        assert [key for key in hashed if self._hash({**hashed, key: "another"}) == rules["rules_hash"]] == []

    def test_exact_returns_paytable_and_code_agree(self) -> None:
        assert faults(self.exact.rows(), [self.exact]) == []

    def test_every_bet_returns_what_a_licence_asks_and_less_than_its_stake(self) -> None:
        assert [bet.name for bet in self.game.returns() if not self.least_return <= bet.rtp < 1] == []

    def test_cycle_takes_its_least_time(self) -> None:
        assert self.game.min_cycle_ms >= 2_500


class LayoutContract(GameContract):
    """Laws of games with a layout, played or drawn. positions: some, or all; least first. beyond: numbers that are none."""

    game: ClassVar[TableGame]
    interface: ClassVar[type] = TableGame
    positions: ClassVar[Sequence[int]]
    beyond: ClassVar[Sequence[int]]

    def limits(self, **changed: Any) -> BetLimits:
        """Return wide limits of every class of position that the game may have, or others."""
        values = {"min_stake_minor": 1, "max_table_minor": 10**9, "max_by_size": dict.fromkeys(range(200), 10**6)}
        return BetLimits(**{**values, **changed})

    def test_what_no_table_takes_is_refused_in_order(self) -> None:
        no_place, no_call = ChipStake(self.beyond[0], 0), CallStake("no such call", 0)
        first = self.positions[0]
        worthless, good = ChipStake(first, 0), ChipStake(first, 100)
        check = self.game.check_shape
        assert check([worthless, no_place], [no_call], 0) == Refused(Refusal.UNKNOWN_POSITION)
        assert check([ChipStake(-1, 100)], [], 9) == Refused(Refusal.UNKNOWN_POSITION)
        assert check([worthless], [no_call], 0) == Refused(Refusal.UNKNOWN_CALL)
        assert check([good, worthless], [], 1) == Refused(Refusal.STAKE_INVALID)
        assert check([ChipStake(first, 2**53)], [], 9) == Refused(Refusal.STAKE_INVALID)
        assert check([good, good], [], 1) == Refused(Refusal.TOO_MANY_CHIPS)
        assert check([], [], 9) == Refused(Refusal.TOO_MANY_CHIPS)
        assert check([good], [], 1) is None

    def test_every_position_is_taken_and_none_beyond(self) -> None:
        taken = [self.game.check_shape([ChipStake(place, 100)], [], 9) is None for place in self.positions]
        refused = {self.game.check_shape([ChipStake(place, 100)], [], 9) for place in self.beyond}
        assert all(taken)
        assert refused == {Refused(Refusal.UNKNOWN_POSITION)}

    def test_every_position_has_a_name_of_its_own(self) -> None:
        names = [self.game.name_of(place) for place in self.positions]
        assert all(names)
        assert len(set(names)) == len(self.positions)

    def test_expanding_keeps_the_money(self) -> None:
        chips = [ChipStake(place, 100 + twice) for place in self.positions for twice in range(2)]
        stakes = self.game.expand(chips, [])
        assert sum(stakes.values()) == sum(chip.stake_minor for chip in chips)
        assert set(stakes) == set(self.positions)

    @pytest.mark.parametrize(
        ("changed", "refusal"),
        [
            ({"min_stake_minor": 101, "max_by_size": dict.fromkeys(range(200), 99)}, Refusal.STAKE_BELOW_MINIMUM),
            ({"max_by_size": dict.fromkeys(range(200), 149), "max_table_minor": 1}, Refusal.STAKE_ABOVE_MAXIMUM),
            ({"max_table_minor": 149}, Refusal.TABLE_LIMIT_EXCEEDED),
        ],
    )
    def test_stakes_against_the_limits_are_refused_in_order(self, changed: dict[str, Any], refusal: Refusal) -> None:
        first = self.positions[0]
        assert self.game.check_limits(self.limits(), {first: 100}, {first: 50}, 50) is None
        refused = self.game.check_limits(self.limits(**changed), {first: 100}, {first: 50}, 50)
        assert refused is not None
        assert refused.code == refusal


class TableGameContract(LayoutContract):
    """Laws of games with a layout and one outcome.

    max_returns: the most times that a stake comes back, itself included. legal, illegal: what a dealer may and may not
    have seen.
    """

    max_returns: ClassVar[int]
    legal: ClassVar[Sequence[Sequence[int]]]
    illegal: ClassVar[Sequence[Sequence[int]]]

    def test_same_stream_gives_the_same_outcome(self) -> None:
        once, again = ([self.game.draw(draws) for draws in streams()] for _ in range(2))
        assert once == again
        assert len({outcome.number for outcome in once}) > 1

    def test_outcomes_fit_every_clients_numbers(self) -> None:
        outcomes = [self.game.draw(draws) for draws in streams()]
        assert all(0 <= number < 2**53 for outcome in outcomes for number in (outcome.number, *outcome.detail))

    def test_payout_is_a_whole_amount_within_its_bounds_and_grows_with_the_stake(self) -> None:
        for outcome in self._some_outcomes():
            for position in self.positions:
                paid = [self.game.payout(position, stake, outcome) for stake in (1, 99, 100, 2**53 - 1)]
                assert all(type(amount) is int and amount >= 0 for amount in paid)
                assert paid == sorted(paid)
                assert paid[-1] <= self.max_returns * (2**53 - 1)

    def _some_outcomes(self) -> list[Outcome]:
        seen = [self.game.seen(numbers) for numbers in self.legal]
        return [self.game.draw(draws) for draws in streams()] + [outcome for outcome in seen if outcome is not None]

    def test_dealer_may_see_what_the_rules_allow_and_nothing_else(self) -> None:
        assert [numbers for numbers in self.legal if self.game.seen(numbers) is None] == []
        assert [numbers for numbers in self.illegal if self.game.seen(numbers) is not None] == []


class InstantGameContract(GameContract):
    """Laws of games of one order. stakes: some that it takes, the least first."""

    game: ClassVar[InstantGame]
    interface: ClassVar[type] = InstantGame
    stakes: ClassVar[Sequence[int]]
    max_returns: ClassVar[int]

    def test_stakes_that_are_none_are_refused(self) -> None:
        worthless = [self.game.check_stake(stake) for stake in (0, -1, -self.stakes[0])]
        assert worthless == [Refused(Refusal.STAKE_INVALID, refused.detail) for refused in worthless if refused]
        assert [stake for stake in self.stakes if self.game.check_stake(stake) is not None] == []

    def test_same_stream_plays_the_same_round_at_every_stake(self) -> None:
        for stake in self.stakes:
            once, again = ([self.game.spin(draws, stake) for draws in streams()] for _ in range(2))
            assert once == again
            assert [spin.outcome for spin in once] == [
                self.game.spin(draws, self.stakes[0]).outcome for draws in streams()
            ]

    def test_payout_is_a_whole_amount_within_its_bounds(self) -> None:
        for stake in self.stakes:
            paid = [self.game.spin(draws, stake).payout_minor for draws in streams()]
            assert all(type(amount) is int and 0 <= amount <= self.max_returns * stake for amount in paid)

    def test_outcomes_fit_every_clients_numbers(self) -> None:
        outcomes = [self.game.spin(draws, self.stakes[0]).outcome for draws in streams()]
        assert all(0 <= number < 2**53 for outcome in outcomes for number in (outcome.number, *outcome.detail))
