"""Whose pages may talk to us: our own by every name that is ours, those that are allowed, and nobody else's."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from server.origins import Origins, parse_origin

PLAIN = Origins([], 8080)
PUBLIC = Origins(["https://casino.example"], 8080)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:8090", "http://127.0.0.1:8080"),
        ("localhost:8090", "http://localhost:8080"),
        ("LOCALHOST:8090", "http://localhost:8080"),
        ("[::1]:8090", "http://[::1]:8080"),
        ("192.168.1.5:8090", "http://192.168.1.5:8080"),
        ("casino:8090", "http://casino:8080"),
        ("localhost:5173", "http://localhost:5173"),
    ],
)
def test_page_of_our_own_is_accepted_by_every_name_of_ours(host: str, origin: str) -> None:
    assert PLAIN.refusal(host, [origin]) == ""


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "http://evil.example:8080",
        "http://localhost:8080",  # another name than the one that was called
        "http://127.0.0.1:3000",  # somebody else's server on this machine
        "http://127.0.0.1",
        "ftp://127.0.0.1:8080",
        "http://127.0.0.1:8080/path",
        "http://user@127.0.0.1:8080",
        "http://127.0.0.1:port",
        "null",
        "",
    ],
)
def test_foreign_page_is_refused(origin: str) -> None:
    assert PLAIN.refusal("127.0.0.1:8090", [origin]) == "origin"


def test_two_origins_are_refused() -> None:
    assert PLAIN.refusal("127.0.0.1:8090", ["http://127.0.0.1:8080"] * 2) == "origin"


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8090", "127.0.0.1.evil.example", "a b", "1.2.3.4/", "x@127.0.0.1", "a,b.c"]
)
def test_name_that_is_not_ours_is_refused_even_without_an_origin(host: str) -> None:
    """What a page reaches us by after its name was pointed at our address."""
    assert PLAIN.refusal(host, []) == "host"


def test_client_without_origin_is_accepted() -> None:
    assert PLAIN.refusal("127.0.0.1:8090", []) == ""
    assert PLAIN.refusal("", []) == ""


def test_allowed_origin_is_accepted_and_makes_its_name_ours() -> None:
    assert PUBLIC.refusal("casino.example:8090", ["https://casino.example"]) == ""
    assert PUBLIC.refusal("casino.example", ["https://casino.example:443"]) == ""
    assert PUBLIC.refusal("casino.example", ["http://casino.example:81"]) == "origin"
    assert PUBLIC.refusal("other.example", []) == "host"


def test_plain_page_is_refused_where_we_speak_tls() -> None:
    secure = Origins([], 8080, tls=True)
    assert secure.refusal("127.0.0.1:8090", ["https://127.0.0.1:8080"]) == ""
    assert secure.refusal("127.0.0.1:8090", ["http://127.0.0.1:8080"]) == "origin"


def test_refusals_are_counted_by_reason() -> None:
    origins = Origins([], 8080)
    origins.refusal("evil.example", [])
    origins.refusal("127.0.0.1", ["null"])
    origins.refusal("127.0.0.1", ["null"])
    registry = CollectorRegistry()
    registry.register(origins)
    text = generate_latest(registry).decode()
    assert 'croupier_origin_refused_total{reason="host"} 1.0' in text
    assert 'croupier_origin_refused_total{reason="origin"} 2.0' in text


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://Casino.Example/", "https://casino.example"),
        ("https://casino.example:443", "https://casino.example"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_origin_is_kept_as_browsers_send_it(text: str, origin: str) -> None:
    assert parse_origin(text) == origin


@pytest.mark.parametrize("text", ["casino.example", "https://", "https://casino.example/path", "*", "wss://casino"])
def test_what_is_no_origin_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no origin"):
        parse_origin(text)
