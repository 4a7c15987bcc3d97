"""Tokens and claims as gov.br Login Único gives them (manual de integração, 14/07/2026)."""

from __future__ import annotations

import secrets
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from procon.embedded.idp.personas import Persona
from procon.embedded.idp.store import Grant

ID_TOKEN_SECONDS = 60
ACCESS_TOKEN_SECONDS = 3600

_SEALS = {"bronze": ("101",), "silver": ("101", "401"), "gold": ("101", "401", "801")}


def person_claims(persona: Persona, realm: str | None) -> dict[str, Any]:
    """What both the ID token and `/userinfo` say about the person."""
    common: dict[str, Any] = {
        "sub": persona.sub,
        "name": persona.name,
        "email": persona.email,
        "email_verified": True,
        "amr": list(persona.amr),
    }
    if realm is not None:
        return common | {
            "preferred_username": f"{persona.key}@{realm}",
            "groups": list(persona.groups),
        }
    common |= {
        "preferred_username": persona.sub,
        "phone_number": persona.phone,
        "phone_number_verified": bool(persona.phone),
    }
    if persona.social_name:
        common["social_name"] = persona.social_name
    if persona.cnpj:
        common |= {"cnpj": persona.cnpj, "cnpj_certificate_name": persona.company}
    return common


def reliability(persona: Persona) -> dict[str, Any]:
    """The level of the account and the seals that gave it."""
    seals = _SEALS.get(persona.level, ())
    return {
        "level": persona.level,
        "reliabilities": [
            {"id": one, "updatedAt": "2026-01-15T09:00:00.000-0300"} for one in seals
        ],
    }


def id_token(key: RSAKey, issuer: str, grant: Grant, persona: Persona, now: int) -> str:
    """Signed ID token, valid for 60 s as gov.br's is. `now` is UNIX seconds."""
    claims = person_claims(persona, grant.realm) | {
        "iss": issuer,
        "aud": grant.client_id,
        "azp": grant.client_id,
        "iat": now,
        "auth_time": now,
        "exp": now + ID_TOKEN_SECONDS,
        "jti": secrets.token_hex(16),
        "nonce": grant.nonce,
    }
    if grant.realm is None and "govbr_confiabilidades_idtoken" in grant.scope.split():
        claims["reliability_info"] = reliability(persona)
    return jwt.encode({"alg": "RS256", "kid": key.kid or ""}, claims, key, algorithms=["RS256"])


def access_token(key: RSAKey, issuer: str, grant: Grant, now: int) -> str:
    """Signed access token for `/userinfo`, valid for an hour."""
    claims = {
        "iss": issuer,
        "aud": issuer,
        "client_id": grant.client_id,
        "persona": grant.persona,
        "scope": grant.scope,
        "iat": now,
        "exp": now + ACCESS_TOKEN_SECONDS,
    }
    header = {"alg": "RS256", "kid": key.kid or "", "typ": "at+jwt"}
    return jwt.encode(header, claims, key, algorithms=["RS256"])


def read_access_token(key: RSAKey, issuer: str, token: str, now: int) -> dict[str, Any] | None:
    """Claims of an access token that this provider gave for `issuer`, or None."""
    try:
        decoded = jwt.decode(token, key, algorithms=["RS256"])
    except (JoseError, ValueError):
        return None
    claims = decoded.claims
    fits = decoded.header.get("typ") == "at+jwt" and claims.get("iss") == issuer
    return claims if fits and now < claims["exp"] else None
