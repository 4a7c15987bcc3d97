"""Security headers: exact, and without any way to run what we did not write."""

from __future__ import annotations

from litestar.testing import TestClient

from procon.portal.headers import origin_of, policy
from procon.portal.render import Portal
from procon.tenancy.manifest import Tenant

from .conftest import application


def directives(value: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in value.split(";"))


def test_policy_is_exact() -> None:
    given = policy("N", evidence="https://s3.example", providers=("https://sso.example",))
    assert directives(given) == {
        "default-src": "'none'",
        "script-src": "'nonce-N'",
        "style-src": "'self' 'nonce-N'",
        "img-src": "'self' data: blob: https://s3.example",
        "media-src": "'self' blob: https://s3.example",
        "font-src": "'self'",
        "connect-src": "'self' https://s3.example",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": "'self' https://sso.example",
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    assert "unsafe" not in given


def test_answers_carry_the_headers(portal: Portal, manifests: dict[str, Tenant]) -> None:
    for https in (False, True):
        with TestClient(application(portal, manifests, https=https)) as client:
            headers = client.get("/acessibilidade", headers={"x-city": "campinas"}).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert headers["Permissions-Policy"].startswith("camera=(self), ")
        assert ("Strict-Transport-Security" in headers) is https
        form_action = directives(headers["Content-Security-Policy"])["form-action"]
        assert form_action == "'self' http://govbr.localhost:8000"


def test_origin() -> None:
    assert origin_of("https://sso.example:8443/realms/x?y") == "https://sso.example:8443"
    assert origin_of("/caminho") == ""
