"""Access tokens: who the bearer is, for how long, and every way to forge one."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jws
from joserfc.jwk import OKPKey
from nacl.signing import SigningKey

from server.tokens import TokenExpired, TokenInvalid, Tokens

SEED = bytes(range(32))


class _Clock:
    def __init__(self) -> None:
        self.ms = 1_700_000_000_000

    def now_ms(self) -> int:
        return self.ms


@pytest.fixture
def clock() -> _Clock:
    return _Clock()


@pytest.fixture
def tokens(clock: _Clock) -> Tokens:
    return Tokens(SEED, lifetime_s=900, now_ms=clock.now_ms)


@pytest.fixture
def token(tokens: Tokens) -> str:
    return tokens.issue(7, "Anna", ("player", "staff"), 1, 1)


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _part(value: object) -> str:
    return _b64(json.dumps(value).encode())


def test_verify_own_token_gives_the_bearer(tokens: Tokens, token: str) -> None:
    bearer = tokens.verify(token)
    assert (bearer.player_id, bearer.name, bearer.roles, bearer.shard) == (7, "Anna", ("player", "staff"), 1)


def test_verify_own_token_names_the_currency_as_play_money(tokens: Tokens, token: str) -> None:
    bearer = tokens.verify(token)
    assert (bearer.ccy, bearer.currency, bearer.exponent, bearer.play_money) == (1, "PLAY", 2, True)


def test_verify_token_at_the_end_of_its_life_is_accepted(tokens: Tokens, token: str, clock: _Clock) -> None:
    clock.ms += 900_000
    assert tokens.verify(token).expires_ms == clock.ms


def test_verify_token_after_its_life_and_the_skew_is_expired(tokens: Tokens, token: str, clock: _Clock) -> None:
    clock.ms += 906_000
    with pytest.raises(TokenExpired):
        tokens.verify(token)


def test_verify_token_of_another_key_is_invalid(tokens: Tokens) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(Tokens(bytes(32)).issue(7, "Anna", ("player",), 1, 1))


def test_verify_token_with_changed_payload_is_invalid(tokens: Tokens, token: str) -> None:
    header, payload, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
    with pytest.raises(TokenInvalid):
        tokens.verify(f"{header}.{_part({**claims, 'roles': ['staff']})}.{signature}")


def test_verify_token_under_another_header_of_our_key_is_accepted(tokens: Tokens) -> None:
    """The header may be written otherwise; the library reads it then."""
    key = OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": _b64(bytes(SigningKey(SEED).verify_key)), "d": _b64(SEED)}
    )
    claims = {"iss": "croupier", "sub": "7", "name": "Anna", "roles": [], "shard": 0, "ccy": 1, "iat": 0, "exp": 2**40}
    other = jws.serialize_compact({"typ": "JWT", "alg": "Ed25519"}, json.dumps(claims), key, algorithms=["Ed25519"])
    assert tokens.verify(other).player_id == 7


def test_token_is_read_by_any_library(tokens: Tokens, token: str) -> None:
    key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _b64(bytes(SigningKey(SEED).verify_key))})
    assert json.loads(jws.deserialize_compact(token, key, algorithms=["Ed25519"]).payload)["sub"] == "7"


@pytest.mark.parametrize("cut", [1, 2, 4, 40, 86])
def test_verify_token_with_a_part_of_its_signature_is_invalid(tokens: Tokens, token: str, cut: int) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(token[:-cut])


@pytest.mark.parametrize("more", ["A", "AA", "AAAA", "!", "=", "\n", "é"], ids=ascii)
def test_verify_token_with_more_than_its_signature_is_invalid(tokens: Tokens, token: str, more: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(token + more)


@pytest.mark.parametrize("alg", ["none", "HS256", "EdDSA", "RS256"])
def test_verify_token_with_another_algorithm_is_invalid(tokens: Tokens, token: str, alg: str) -> None:
    _, payload, signature = token.split(".")
    with pytest.raises(TokenInvalid):
        tokens.verify(f"{_part({'alg': alg, 'typ': 'JWT'})}.{payload}.{signature}")


def test_verify_unsigned_token_is_invalid(tokens: Tokens, token: str) -> None:
    _, payload, _ = token.split(".")
    with pytest.raises(TokenInvalid):
        tokens.verify(f"{_part({'alg': 'none'})}.{payload}.")


@pytest.mark.parametrize("text", ["", ".", "..", "a.b.c", "é.b.c", "\ud800", "x" * 5000, "e30.e30.e30"], ids=ascii)
def test_verify_any_other_text_is_invalid(tokens: Tokens, text: str) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(text)


def test_verify_token_in_an_unknown_currency_is_invalid(tokens: Tokens) -> None:
    with pytest.raises(TokenInvalid):
        tokens.verify(tokens.issue(7, "Anna", ("player",), 1, 99))
