"""Who asks: the bearer token of a request, checked, as a dependency of the routes that need it."""

from __future__ import annotations

from typing import Any

from litestar import Request

from actors.session import Identity
from server.api.deps import ApiDeps
from server.api.errors import ApiError
from server.tokens import TokenExpired, TokenInvalid


def provide_claims(request: Request[Any, Any, Any]) -> Identity:
    """Return the claims of the request's access token. Raises TOKEN_INVALID or TOKEN_EXPIRED."""
    deps: ApiDeps = request.app.state.deps
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        raise ApiError("TOKEN_INVALID")
    try:
        claims = deps.tokens.verify(token.strip())
    except TokenExpired:
        raise ApiError("TOKEN_EXPIRED") from None
    except TokenInvalid:
        raise ApiError("TOKEN_INVALID") from None
    if deps.is_ended(claims.login):
        raise ApiError("TOKEN_INVALID")
    return claims


def provide_staff(request: Request[Any, Any, Any]) -> Identity:
    """Return the claims of a member of staff. Raises also FORBIDDEN."""
    claims = provide_claims(request)
    if "staff" not in claims.roles:
        raise ApiError("FORBIDDEN")
    return claims
