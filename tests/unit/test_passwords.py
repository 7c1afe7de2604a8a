"""Passwords: hashing, checking, and what may be chosen."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from server.passwords import Passwords, is_strong_enough


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(opslimit=1, memlimit_bytes=8192)
    yield made
    made.close()


async def test_verify_right_password_is_accepted(passwords: Passwords) -> None:
    assert await passwords.verify(await passwords.hash("correct horse"), "correct horse")


async def test_verify_wrong_password_is_refused(passwords: Passwords) -> None:
    assert not await passwords.verify(await passwords.hash("correct horse"), "correct horsf")


async def test_verify_without_a_stored_hash_is_refused(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "correct horse")


async def test_verify_without_a_stored_hash_refuses_even_the_dummy_password(passwords: Passwords) -> None:
    assert not await passwords.verify(None, "nobody has this password")


async def test_hash_same_password_twice_differs(passwords: Passwords) -> None:
    assert await passwords.hash("correct horse") != await passwords.hash("correct horse")


async def test_verify_other_unicode_form_of_the_same_password_is_accepted(passwords: Passwords) -> None:
    assert await passwords.verify(await passwords.hash("cafe\u0301 cre\u0300me"), "caf\u00e9 cr\u00e8me")


async def test_hash_by_default_costs_what_owasp_asks() -> None:
    passwords = Passwords()
    encoded = await passwords.hash("correct horse")
    passwords.close()
    assert encoded.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    "password", ["short77", "x" * 129, "aaaaaaaaaa", "abababab", "AnnaAnna", "annaanna", ""], ids=lambda text: text[:12]
)
def test_password_that_is_easy_to_guess_may_not_be_chosen(password: str) -> None:
    assert not is_strong_enough(password, "AnnaAnna")


@pytest.mark.parametrize("password", ["12345678", "correct horse", "x1y2" * 32])
def test_password_of_good_length_may_be_chosen(password: str) -> None:
    assert is_strong_enough(password, "anna")
