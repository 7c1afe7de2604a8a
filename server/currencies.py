"""The currencies of the books as people know them."""

from __future__ import annotations

from typing import Final, NamedTuple


class Currency(NamedTuple):
    """code: three or four capital letters. exponent: a minor unit is 10^-exponent. play_money: worth nothing."""

    code: str
    exponent: int
    play_money: bool


PLAY_CCY: Final = 1

#: By number; equal to `wallet.currency`.
CURRENCIES: Final[dict[int, Currency]] = {
    PLAY_CCY: Currency("PLAY", 2, True),
    2: Currency("EUR", 2, False),
    3: Currency("USD", 2, False),
    4: Currency("GBP", 2, False),
    5: Currency("JPY", 0, False),
    6: Currency("KWD", 3, False),
    7: Currency("BTC", 8, False),
}
