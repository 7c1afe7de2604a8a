"""Player names: what may be one, and when two are the same."""

from __future__ import annotations

import pytest

from server.names import clean_name, name_key


@pytest.mark.parametrize("name", ["Anna", "a_b", "x.y-z", "3rd", "Žofie", "Ольга", "さくら", "नमस्ते", "a" * 24])
def test_name_of_letters_and_digits_is_kept(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "ab",
        "a" * 25,
        "_anna",
        "an na",
        "an\tna",
        "an\u200bna",
        "an\u202ena",
        "<b>x</b>",
        "anna\x00",
        "a/b",
        "💰💰💰",
    ],
    ids=ascii,
)
def test_name_with_anything_else_is_refused(name: str) -> None:
    assert clean_name(name) is None


def test_name_with_space_around_is_trimmed() -> None:
    assert clean_name("  Anna ") == "Anna"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Anna", "aNNA"), ("straße", "STRASSE"), ("Anna", "Ａｎｎａ"), ("cafe\u0301", "CAF\u00c9"), ("Ǆon", "ǆON")],
)
def test_names_that_differ_only_in_case_or_width_are_the_same(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


def test_names_that_differ_in_letters_are_not_the_same() -> None:
    assert name_key("Anna") != name_key("Anne")
