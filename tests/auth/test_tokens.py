"""About forty hostile ID tokens, each refused; and the good one, accepted.

The provider's real key signs most of them, so what is refused is refused for the reason named.
"""

from __future__ import annotations

import base64
import hashlib
import hmac as hmaclib
from collections.abc import Callable
from typing import Any

import pytest
from authlib.oidc.core.util import create_half_hash
from joserfc import jws
from joserfc.jwk import ECKey, KeySet, RSAKey

from auth.auth_support import NOW, encoded
from procon.auth.oidc.tokens import BadToken, verified_claims

KEY = RSAKey.generate_key(2048, {"kid": "um"})
OTHER = RSAKey.generate_key(2048, {"kid": "um"})
CURVE = ECKey.generate_key("P-256", {"kid": "um"})
KEYS = KeySet([RSAKey.import_key(KEY.as_dict(private=False))])
STAMP = int(NOW.timestamp())
GOOD: dict[str, Any] = {
    "iss": "https://sso.example.test/",
    "aud": "procon-alfa",
    "sub": "52998224725",
    "iat": STAMP,
    "exp": STAMP + 60,
    "nonce": "certo",
}
HEADER = {"alg": "RS256", "kid": "um"}


def check(token: str, access_token: str = "") -> dict[str, Any]:
    return verified_claims(
        token,
        KEYS,
        issuer="https://sso.example.test/",
        client_id="procon-alfa",
        nonce="certo",
        now=NOW,
        access_token=access_token,
    )


def signed(header: Any = HEADER, claims: Any = GOOD, key: RSAKey = KEY) -> str:
    """Signed with RS256 whatever the header says."""
    text = f"{encoded(header)}.{encoded(claims)}"
    model = jws.JWSRegistry.algorithms["RS256"]
    signature = model.sign(text.encode(), key)
    return f"{text}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def with_claims(**changes: Any) -> str:
    claims = GOOD | changes
    return signed(claims={name: value for name, value in claims.items() if value is not ...})


def with_header(**changes: Any) -> str:
    header = HEADER | changes
    return signed(header={name: value for name, value in header.items() if value is not ...})


def hmac_with_public_key() -> str:
    text = f"{encoded({'alg': 'HS256', 'kid': 'um'})}.{encoded(GOOD)}"
    public = KEY.as_pem(private=False)
    mac = hmaclib.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def unsigned(alg: str) -> str:
    return f"{encoded({'alg': alg, 'kid': 'um'})}.{encoded(GOOD)}."


def tampered() -> str:
    head, _, tail = signed().split(".")
    return f"{head}.{encoded(GOOD | {'sub': '11144477735'})}.{tail}"


def embedded_key() -> str:
    public = OTHER.as_dict(private=False)
    return signed(header=HEADER | {"jwk": public}, key=OTHER)


def elliptic() -> str:
    return jws.serialize_compact(
        {"alg": "ES256", "kid": "um"}, encoded(GOOD).encode(), CURVE, algorithms=["ES256"]
    )


HOSTILE: dict[str, Callable[[], str]] = {
    "alg none": lambda: unsigned("none"),
    "alg None": lambda: unsigned("None"),
    "alg NONE": lambda: unsigned("NONE"),
    "HS256 with the public key": hmac_with_public_key,
    "ES256": elliptic,
    "header says RS512": lambda: with_header(alg="RS512"),
    "header says PS256": lambda: with_header(alg="PS256"),
    "alg is a list": lambda: with_header(alg=["RS256"]),
    "no alg": lambda: with_header(alg=...),
    "another key under the same kid": lambda: signed(key=OTHER),
    "key in the header (jwk)": embedded_key,
    "jwk in the header, right signature": lambda: with_header(jwk=KEY.as_dict(private=False)),
    "jku": lambda: with_header(jku="https://evil.test/jwk"),
    "x5u": lambda: with_header(x5u="https://evil.test/cert"),
    "x5c": lambda: with_header(x5c=["MIIB"]),
    "crit": lambda: with_header(crit=["exp"]),
    "empty crit": lambda: with_header(crit=[]),
    "b64 false": lambda: with_header(b64=False),
    "unknown kid": lambda: with_header(kid="dois"),
    "no kid": lambda: with_header(kid=...),
    "kid is a path": lambda: with_header(kid="../../dev/null"),
    "an access token": lambda: with_header(typ="at+jwt"),
    "name twice in the header": lambda: signed(header='{"alg":"none","alg":"RS256","kid":"um"}'),
    "header is a list": lambda: signed(header=["RS256"]),
    "changed claims": tampered,
    "signature cut": lambda: signed()[:-8],
    "four parts": lambda: signed() + ".x",
    "encrypted form": lambda: "a.b.c.d.e",
    "empty": lambda: "",
    "not ASCII": lambda: signed() + "é",
    "too long": lambda: with_claims(note="x" * 20_000),
    "nested header": lambda: signed(header="[" * 5000),
    "other issuer": lambda: with_claims(iss="https://evil.test/"),
    "issuer without slash": lambda: with_claims(iss="https://sso.example.test"),
    "no issuer": lambda: with_claims(iss=...),
    "other audience": lambda: with_claims(aud="procon-beta"),
    "two audiences": lambda: with_claims(aud=["procon-alfa", "procon-beta"], azp="procon-alfa"),
    "empty audience": lambda: with_claims(aud=[]),
    "no audience": lambda: with_claims(aud=...),
    "authorized party is another": lambda: with_claims(azp="procon-beta"),
    "expired beyond the skew": lambda: with_claims(exp=STAMP - 60),
    "no expiry": lambda: with_claims(exp=...),
    "expiry is text": lambda: with_claims(exp=str(STAMP + 60)),
    "expiry is true": lambda: with_claims(exp=True),
    "expiry is infinite": lambda: signed(
        claims=f'{{"iss":"https://sso.example.test/","aud":"procon-alfa","sub":"1","iat":{STAMP},'
        '"exp":Infinity,"nonce":"certo"}'
    ),
    "issued in the future": lambda: with_claims(iat=STAMP + 61),
    "issued long ago": lambda: with_claims(iat=STAMP - 601),
    "no issue time": lambda: with_claims(iat=...),
    "not yet valid": lambda: with_claims(nbf=STAMP + 61),
    "other nonce": lambda: with_claims(nonce="errado"),
    "no nonce": lambda: with_claims(nonce=...),
    "nonce is a list": lambda: with_claims(nonce=["certo"]),
    "no subject": lambda: with_claims(sub=...),
    "empty subject": lambda: with_claims(sub=""),
    "subject is a number": lambda: with_claims(sub=52998224725),
    "subject with NUL": lambda: with_claims(sub="529\x00"),
    "hash of another access token": lambda: with_claims(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}


def test_the_good_token_passes() -> None:
    assert check(signed()) == GOOD
    assert check(with_header(typ="JWT", x5t="abc")) == GOOD
    assert check(with_claims(aud=["procon-alfa"]))["sub"] == "52998224725"
    half = create_half_hash("acesso", "RS256").decode()
    assert check(with_claims(at_hash=half), access_token="acesso")["at_hash"] == half


def test_clocks_may_differ_by_a_minute() -> None:
    assert check(with_claims(exp=STAMP - 59))["exp"] == STAMP - 59
    assert check(with_claims(iat=STAMP + 60))["iat"] == STAMP + 60


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_token_is_refused(name: str) -> None:
    with pytest.raises(BadToken):
        check(HOSTILE[name]())


def test_there_are_at_least_forty() -> None:
    assert len(HOSTILE) >= 40
