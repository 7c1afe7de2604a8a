"""Access tokens: JWTs signed with EdDSA over Ed25519, short-lived, checked without asking anybody."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from nacl.bindings import crypto_sign_BYTES, crypto_sign_open
from nacl.encoding import URLSafeBase64Encoder
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey

from actors.session import Identity
from server.currencies import CURRENCIES

ISSUER: Final = "croupier"
#: RFC 9864 names the curve in "alg" and deprecates the older, ambiguous "EdDSA" for the same signature.
_ALG: Final = "Ed25519"
#: No token of ours is longer; a longer one is refused unread.
TOKEN_CHARS_MAX: Final = 2048
#: Clocks of two of our machines may differ by so much.
SKEW_S: Final = 5


class TokenInvalid(Exception):
    """The token is not one of ours. Says no more, so that nothing is learned from it."""


class LoginEnded(TokenInvalid):
    """The token is ours and its login is over."""


class TokenExpired(Exception):
    """The token was ours and its time is over."""


class _Payload(msgspec.Struct, frozen=True, kw_only=True):
    iss: str
    sub: str
    name: str
    roles: tuple[str, ...]
    shard: int
    ccy: int
    iat: int
    exp: int
    login: str = ""
    since: int = 0


class Tokens:
    """Issues and verifies access tokens. Shape: seed is the 32 secret bytes of the Ed25519 key."""

    def __init__(
        self, seed: bytes, *, lifetime_s: int = 900, now_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self.lifetime_s = lifetime_s
        self._now_ms = now_ms
        self._key = _okp_key(seed)
        self._verify_key = bytes(SigningKey(seed).verify_key)
        self._decode = msgspec.json.Decoder(_Payload).decode
        self._head = self.issue(0, "", (), 0, 0).partition(".")[0]

    def issue(
        self,
        player_id: int,
        name: str,
        roles: Sequence[str],
        shard: int,
        ccy: int,
        *,
        login: str = "",
        since_ms: int = 0,
    ) -> str:
        """Return a token that is valid from now on for lifetime_s. login, since_ms: as in `Identity`."""
        now_s = self._now_ms() // 1000
        payload = _Payload(
            iss=ISSUER,
            sub=str(player_id),
            name=name,
            roles=tuple(roles),
            shard=shard,
            ccy=ccy,
            iat=now_s,
            exp=now_s + self.lifetime_s,
            login=login,
            since=since_ms,
        )
        header = {"alg": _ALG, "typ": "JWT"}
        return jws.serialize_compact(header, msgspec.json.encode(payload), self._key, algorithms=[_ALG])

    def verify(self, token: str) -> Identity:
        """Return who the bearer is. Raises TokenInvalid or TokenExpired."""
        if len(token) > TOKEN_CHARS_MAX:
            raise TokenInvalid
        try:
            payload = self._decode(self._signed_payload(token))
            player_id = int(payload.sub)
        except (JoseError, BadSignatureError, msgspec.MsgspecError, ValueError, TypeError):
            raise TokenInvalid from None
        if payload.iss != ISSUER:
            raise TokenInvalid
        if self._now_ms() > (payload.exp + SKEW_S) * 1000:
            raise TokenExpired
        currency = CURRENCIES.get(payload.ccy)
        if currency is None:
            raise TokenInvalid
        return Identity(
            player_id=player_id,
            name=payload.name,
            roles=payload.roles,
            shard=payload.shard,
            ccy=payload.ccy,
            currency=currency.code,
            exponent=currency.exponent,
            play_money=currency.play_money,
            expires_ms=payload.exp * 1000,
            login=payload.login,
            since_ms=payload.since,
        )

    def _signed_payload(self, token: str) -> bytes:
        """Return the bytes that our key has signed; raises one of several errors if there are none.

        A token under the header that we write is read here (RFC 7515, 5.2) and checked by libsodium, in a quarter of the
        time; one under another header by the library, which knows what may stand there.
        """
        signed, _, signature = token.rpartition(".")
        head, _, payload = signed.partition(".")
        if head != self._head:
            # UnicodeError: a text that is not ASCII, which joserfc encodes before it looks.
            return bytes(jws.deserialize_compact(token, self._key, algorithms=[_ALG]).payload)
        proof = _from_b64(signature)
        if len(proof) != crypto_sign_BYTES:  # or it would reach into what it signs
            raise BadSignatureError
        crypto_sign_open(proof + signed.encode("ascii"), self._verify_key)
        return _from_b64(payload)


def _okp_key(seed: bytes) -> OKPKey:
    """Return the key pair of this seed as a JWK (RFC 8037)."""
    public = bytes(SigningKey(seed).verify_key)
    jwk: dict[str, Any] = {"kty": "OKP", "crv": "Ed25519", "x": _b64(public), "d": _b64(seed)}
    return OKPKey.import_key(jwk)


def _from_b64(text: str) -> bytes:
    """Return the bytes of base64url without padding. Raises ValueError for any other character."""
    if "=" in text:
        raise ValueError("padding")
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)


def _b64(data: bytes) -> str:
    return URLSafeBase64Encoder.encode(data).rstrip(b"=").decode("ascii")
