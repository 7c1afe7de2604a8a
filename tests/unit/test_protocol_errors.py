from __future__ import annotations

import pytest

from actors.domain.refusals import Refusal
from protocol.errors import CLOSE_MEANINGS, REGISTRY, After, Close, Code, after_close


def test_registry_has_every_code() -> None:
    assert set(REGISTRY) == set(Code)


def test_close_meanings_has_every_close_code() -> None:
    assert set(CLOSE_MEANINGS) == set(Close)


def test_refusals_of_the_domain_have_the_numbers_of_the_wire() -> None:
    assert {(refusal.name, refusal.value) for refusal in Refusal} <= {(code.name, code.value) for code in Code}


@pytest.mark.parametrize("code", Code)
def test_close_of_a_code_is_a_close_code_or_none(code: Code) -> None:
    assert REGISTRY[code].close == 0 or REGISTRY[code].close in set(Close)


@pytest.mark.parametrize("code", [code for code in Code if 300 <= code < 500])
def test_refusal_by_the_rules_is_not_retryable_and_keeps_the_connection(code: Code) -> None:
    assert (REGISTRY[code].retryable, REGISTRY[code].close) == (False, 0)


@pytest.mark.parametrize(
    ("code", "after"),
    [
        (1000, After.BACK_OFF),
        (1006, After.BACK_OFF),
        (Close.GOING_AWAY, After.BACK_OFF),
        (Close.SLOW_CONSUMER, After.BACK_OFF),
        (Close.TOKEN_EXPIRED, After.NEW_TOKEN),
        (Close.HELLO_TIMEOUT, After.NEW_TOKEN),
        (Close.SESSION_REPLACED, After.STOP),
        (Close.MALFORMED, After.STOP),
        (Close.UNSUPPORTED_VERSION, After.STOP),
    ],
)
def test_after_close_follows_the_ranges(code: int, after: After) -> None:
    assert after_close(code) is after
