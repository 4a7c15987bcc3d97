"""Checking an ID token (OpenID Connect Core 1.0 §3.1.3.7, RFC 8725)."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from authlib.oidc.core.util import create_half_hash
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

ALGORITHMS = ("RS256",)
SKEW_SECONDS = 60
MAX_AGE_SECONDS = 600
MAX_TOKEN_CHARS = 16_384

# Each of them lets the token say which key or rule to check it by.
_FORBIDDEN_HEADERS = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"})


class BadToken(Exception):
    """The token proves nothing. The text is for the log, never for the screen."""


def key_id(token: str) -> str:
    """The `kid` of a token whose header is acceptable; nothing is verified yet.

    Raises:
        BadToken: not a compact JWS signed with RS256, or a header that could redirect the check.
    """
    parts = token.split(".")
    if len(parts) != 3 or len(token) > MAX_TOKEN_CHARS or not token.isascii():
        raise BadToken("not a compact JWS")
    try:
        header = json.loads(urlsafe_b64decode(parts[0].encode()), object_pairs_hook=_distinct)
    except (ValueError, RecursionError) as error:
        raise BadToken("unreadable header") from error
    if not isinstance(header, dict):
        raise BadToken("the header is not an object")
    if header.get("alg") not in ALGORITHMS:
        raise BadToken(f"algorithm {header.get('alg')!r}")
    if forbidden := _FORBIDDEN_HEADERS & header.keys():
        raise BadToken(f"forbidden header {sorted(forbidden)}")
    if str(header.get("typ", "JWT")).upper() != "JWT":
        raise BadToken(f"type {header.get('typ')!r}")
    kid = header.get("kid")
    if not isinstance(kid, str) or not kid:
        raise BadToken("no key id")
    return kid


def verified_claims(
    token: str,
    keys: KeySet,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    now: datetime,
    access_token: str = "",
) -> dict[str, Any]:
    """Claims of an ID token that `issuer` gave to `client_id` for the login with `nonce`.

    Args:
        keys: keys of the pinned issuer, from its own JWKS.
        now: aware UTC; a difference of 60 s between the clocks is tolerated.
        access_token: checked against `at_hash` where the token carries one.

    Raises:
        BadToken: any check failed.
    """
    kid = key_id(token)
    key = next((one for one in keys.keys if one.kid == kid), None)
    if key is None:
        raise BadToken("unknown key id")
    registry = JWSRegistry(algorithms=list(ALGORITHMS), strict_check_header=False)
    try:
        claims = jwt.decode(token, key, algorithms=list(ALGORITHMS), registry=registry).claims
    except (JoseError, ValueError, RecursionError) as error:
        raise BadToken(f"signature: {type(error).__name__}") from error
    _check_parties(claims, issuer, client_id)
    _check_times(claims, now.timestamp())
    if not isinstance(claims.get("nonce"), str) or not _same(claims["nonce"], nonce):
        raise BadToken("nonce")
    if not _is_text(claims.get("sub")):
        raise BadToken("sub")
    if "at_hash" in claims:
        expected = create_half_hash(access_token, "RS256").decode()
        if not _same(str(claims["at_hash"]), expected):
            raise BadToken("at_hash")
    return claims


def _check_parties(claims: Mapping[str, Any], issuer: str, client_id: str) -> None:
    if claims.get("iss") != issuer:
        raise BadToken("iss")
    audience = claims.get("aud")
    # A list may name nobody but us: we trust no other audience.
    if audience not in (client_id, [client_id]):
        raise BadToken("aud")
    if claims.get("azp", client_id) != client_id:
        raise BadToken("azp")


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    expires, issued = _time(claims, "exp"), _time(claims, "iat")
    if now >= expires + SKEW_SECONDS:
        raise BadToken("expired")
    if issued > now + SKEW_SECONDS or issued < now - MAX_AGE_SECONDS:
        raise BadToken("issued at an impossible time")
    if "nbf" in claims and _time(claims, "nbf") > now + SKEW_SECONDS:
        raise BadToken("not yet valid")


def _time(claims: Mapping[str, Any], name: str) -> float:
    value = claims.get(name)
    # bool is an int; NaN and Infinity are no dates, and compare as false with everything.
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < 1e11:
        raise BadToken(f"{name} is no date")
    return float(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 255 and value.isprintable()


def _same(given: str, expected: str) -> bool:
    return hmac.compare_digest(given.encode(), expected.encode())


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found
