"""Security headers of every answer, with a new nonce each time."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from procon.tenancy.manifest import Tenant

_ALWAYS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(self), microphone=(self), geolocation=(self), payment=(), usb=(),"
        b" browsing-topics=()",
    ),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000; includeSubDomains")
_POLICY = b"content-security-policy"
_NONCE = "\0"  # its place in a policy that is kept


def origin_of(url: str) -> str:
    """Scheme, host and port of an address; "" when it has none."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme and parts.netloc else ""


def policy(nonce: str, *, evidence: str = "", providers: tuple[str, ...] = ()) -> str:
    """The Content-Security-Policy of a page.

    Args:
        evidence: origin from which evidence is uploaded and shown.
        providers: origins of the tenant's OIDC providers, to which forms may lead.
    """
    rules = {
        "default-src": "'none'",
        "script-src": f"'nonce-{nonce}'",
        "style-src": f"'self' 'nonce-{nonce}'",
        "img-src": f"'self' data: blob: {evidence}",
        "media-src": f"'self' blob: {evidence}",
        "font-src": "'self'",
        "connect-src": f"'self' {evidence}",
        "manifest-src": "'self'",
        "worker-src": "'self'",
        "form-action": " ".join(("'self'", *providers)),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value.strip()}" for name, value in rules.items())


def security_headers(
    app: ASGIApp, *, https: bool, evidence_origin: str = "", provider_port: int = 0
) -> ASGIApp:
    """Wrap an application: `state["nonce"]` for its templates, the headers on its answers.

    Args:
        https: whether people reach us by https (then HSTS is sent).
        evidence_origin: origin of the evidence store as browsers see it.
        provider_port: port that `*.localhost` providers share with us in the demo, 0 elsewhere.
    """

    # The policy without its nonce, for each choice of providers: every city's stays the same.
    policies: dict[tuple[str, str], tuple[str, ...]] = {}

    def policy_of(scope: Scope, nonce: str) -> str:
        issuers = _issuers(scope)
        if issuers not in policies:
            whole = policy(
                _NONCE, evidence=evidence_origin, providers=_providers(issuers, provider_port)
            )
            policies[issuers] = tuple(whole.split(_NONCE))
        return nonce.join(policies[issuers])

    async def handle(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(18)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = {name.lower() for name, _ in message["headers"]}
                extra = [*_ALWAYS, (_POLICY, policy_of(scope, nonce).encode("latin-1"))]
                if https:
                    extra.append(_HSTS)
                added = [pair for pair in extra if pair[0] not in present]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await app(scope, receive, send_with_headers)

    return handle


def _issuers(scope: Scope) -> tuple[str, str]:
    tenant = scope["state"].get("tenant")
    if not isinstance(tenant, Tenant):
        return ("", "")
    return (tenant.oidc.people.issuer, tenant.oidc.staff.issuer)


def _providers(issuers: tuple[str, str], port: int) -> tuple[str, ...]:
    origins = {origin_of(issuer) for issuer in issuers}
    return tuple(sorted(_with_port(origin, port) for origin in origins if origin))


def _with_port(origin: str, port: int) -> str:
    """A demo provider is written without its port, which the demo chooses when it starts."""
    host = urlsplit(origin)
    needs = port and host.port is None and (host.hostname or "").endswith(".localhost")
    return f"{origin}:{port}" if needs else origin
