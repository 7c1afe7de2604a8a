"""Rounds of every game by the house's own code, the same from a number every time: what the verifiers are compared on.

Every tenth is tampered with in one place, so that verifiers are seen to agree about what is wrong, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from actors.domain.games import roulette
from actors.domain.games.baccarat import BACCARAT, BACCARAT_NO_COMMISSION
from actors.domain.games.blackjack import Blackjack
from actors.domain.games.blackjack_hands import SEATS
from actors.domain.games.blackjack_play import BlackjackPlay
from actors.domain.games.crash import CRASH, bust_of
from actors.domain.games.draws import SeededDraws, chain, commitment
from actors.domain.games.game import Outcome, PlayBet, Step
from actors.domain.games.slot import SLOT, STAKES
from actors.domain.plays import HandsView

#: Rounds of one chain.
CHAIN: Final = 64
TAMPERED_EVERY: Final = 10

Record = dict[str, Any]


def _text(game: str, what: str, index: int) -> str:
    return hashlib.sha256(f"{game}/{what}/{index}".encode()).hexdigest()


@cache
def _chain(game: str, number: int) -> list[str]:
    return chain(_text(game, "root", number), CHAIN)


def _at_table(game: str, rules_version: str, draw: Callable[[SeededDraws, int], Outcome], index: int) -> Record:
    number, place = divmod(index, CHAIN)
    seeds = _chain(game, number)
    salt, round_no, seed = _text(game, "salt", number), index + 1, seeds[place + 1]
    outcome = draw(SeededDraws(seed, salt, round_no), index)
    return {
        "game": game,
        "rules_version": rules_version,
        "table_id": f"{game}-1",
        "round_no": round_no,
        "state": "settled",
        "commitment": seeds[place],
        "seed": seed,
        "salt": salt,
        "number": outcome.number,
        "detail": list(outcome.detail),
        "chain": {"first_round_no": number * CHAIN + 1, "terminal": seeds[0]},
    }


def _roulette(index: int) -> Record:
    return _at_table("roulette", roulette.RULES_VERSION, lambda draws, _: Outcome(draws.below(37)), index)


def _baccarat(index: int) -> Record:
    game = BACCARAT if index % 2 else BACCARAT_NO_COMMISSION
    return _at_table("baccarat", game.rules_version, lambda draws, _: game.draw(draws), index)


def _crash(index: int) -> Record:
    return _at_table("crash", CRASH.rules_version, lambda draws, _: Outcome(bust_of(draws.digest())), index)


def _blackjack(index: int) -> Record:
    return _at_table("blackjack", Blackjack.rules_version, _played_hands, index)


def _played_hands(draws: SeededDraws, index: int) -> Outcome:
    """Return a round of none to seven seats, played by whim: the whim is the index's."""
    whim = SeededDraws(_text("blackjack", "whim", index), "whim", index)
    seats = [seat for seat in range(SEATS) if index % 20 and whim.below(2)]
    bets = [PlayBet(0, bytes([seat]), 1, "a", 100, ((seat * 10, 100),)) for seat in seats]
    play = BlackjackPlay(draws, bets, 0)
    while play.due_ms() >= 0:
        step = _whim(play.view(), whim)
        added = play.check(step)
        assert type(added) is int, added
        bet = PlayBet(0, b"+", 1, "a", added, ()) if added else None
        play.apply(Step(step.at_ms, 1, b"+", step.reservation_id, step.action, step.value, bet))
    return play.outcome()


def _whim(view: HandsView, whim: SeededDraws) -> Step:
    asked = next(hand for hand in view.hands if hand.state == "acting")
    actions = view.actions
    # A pair is rare and a split is what is hardest to verify.
    action = "split" if "split" in actions and whim.below(4) else actions[whim.below(len(actions))]
    return Step(0, 1, b"", asked.bet_id, action, asked.hand)


def _slot(index: int) -> Record:
    seed, client, stake = _text("slot", "seed", index), _text("slot", "client", index)[:10], STAKES[index % len(STAKES)]
    spin = SLOT.spin(SeededDraws(seed, client, index), stake)
    return {
        "game": "slot",
        "rules_version": SLOT.rules_version,
        "commitment": commitment(seed),
        "seed": seed,
        "client_seed": client,
        "nonce": index,
        "number": spin.outcome.number,
        "detail": list(spin.outcome.detail),
        "stake_minor": stake,
        "payout_minor": spin.payout_minor,
    }


#: Maker of the index-th true record.
GAMES: Final[Mapping[str, Callable[[int], Record]]] = {
    "roulette": _roulette,
    "baccarat": _baccarat,
    "crash": _crash,
    "blackjack": _blackjack,
    "slot": _slot,
}


def sample(game: str, index: int) -> Record:
    """Return a record, true or tampered with. Shape: index from 0."""
    record = GAMES[game](index)
    if is_tampered(index):
        _TAMPER[index // TAMPERED_EVERY % len(_TAMPER)](record)
    return record


def is_tampered(index: int) -> bool:
    """Tell whether `sample` of this index is not as it was played."""
    return index % TAMPERED_EVERY == TAMPERED_EVERY - 1


def _flip(text: str) -> str:
    return ("1" if text[0] == "0" else "0") + text[1:]


def _bend_chain(record: Record) -> None:
    if "chain" in record:
        record["chain"] = {**record["chain"], "terminal": _flip(record["chain"]["terminal"])}
    else:
        record["payout_minor"] += 1


def _bend_detail(record: Record) -> None:
    detail = record["detail"]
    record["detail"] = [*detail[:-1], detail[-1] ^ 1] if detail else [1]


_TAMPER: Final[tuple[Callable[[Record], None], ...]] = (
    lambda record: record.update(seed=_flip(record["seed"])),
    lambda record: record.update(commitment=_flip(record["commitment"])),
    lambda record: record.update(number=record["number"] ^ 1),
    _bend_detail,
    lambda record: record.update({name: "another" for name in ("salt", "client_seed") if name in record}),
    lambda record: record.update({name: record[name] + 1 for name in ("round_no", "nonce") if name in record}),
    _bend_chain,
    lambda record: record.pop("seed") and None,
    lambda record: record.update(rules_version="unknown-1:0"),
    lambda record: record.update(state="voided"),
)
