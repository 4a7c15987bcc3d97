"""Talking to providers: short time-outs, a circuit breaker, keys from the pinned issuer only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, RSAKey
from msgspec import Struct

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 5.0
MAX_BODY_BYTES = 256 * 1024
FAILURES_TO_OPEN = 3
OPEN_SECONDS = 20.0
METADATA_SECONDS = 3600.0
REFETCH_SECONDS = 60.0
MINIMUM_KEY_BITS = 2048


class ProviderDown(Exception):
    """The provider did not answer, or answered with something that is not OpenID Connect."""


class Metadata(Struct, frozen=True):
    """What we use of the provider's discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    authorization_response_iss_parameter_supported: bool = False


class _Known:
    """What is remembered of one issuer, in this process."""

    __slots__ = ("failures", "keys", "keys_at", "metadata", "metadata_at", "open_until")

    def __init__(self) -> None:
        self.metadata: Metadata | None = None
        self.metadata_at = 0.0
        self.keys: KeySet | None = None
        self.keys_at = 0.0
        self.failures = 0
        self.open_until = 0.0


class _LoopbackTransport(httpx.AsyncBaseTransport):
    """Reaches `*.localhost` at 127.0.0.1, which Linux resolvers do not do; Host stays as it is."""

    def __init__(self, inner: httpx.AsyncBaseTransport) -> None:
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host.endswith(".localhost"):
            request.url = request.url.copy_with(host="127.0.0.1")
        return await self._inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Gateway:
    """The way to every provider; one per process, kept in the application's state.

    Args:
        local: whether `*.localhost` and plain http are allowed (demonstration and tests).
        transport: how requests travel; tests put a provider in here.
        monotonic: seconds that only grow, for caches and the breaker.
    """

    def __init__(
        self,
        *,
        local: bool,
        transport: httpx.AsyncBaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        inner = transport or httpx.AsyncHTTPTransport(retries=0)
        self._local = local
        self._now = monotonic
        self._known: dict[str, _Known] = {}
        self._http = httpx.AsyncClient(
            transport=_LoopbackTransport(inner) if local else inner,
            timeout=httpx.Timeout(TOTAL_SECONDS, connect=CONNECT_SECONDS),
            follow_redirects=False,
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def metadata(self, issuer: str) -> Metadata:
        """The provider's discovery document, kept for an hour.

        Raises:
            ProviderDown: no answer, another issuer's document, or an address without TLS.
        """
        known = self._known.setdefault(issuer, _Known())
        fresh = self._now() - known.metadata_at < METADATA_SECONDS
        if known.metadata is not None and fresh:
            return known.metadata
        url = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = msgspec.convert(await self.json(issuer, "GET", url), Metadata)
        except msgspec.ValidationError as error:
            raise ProviderDown(f"{issuer}: not a discovery document") from error
        if found.issuer != issuer:
            raise ProviderDown(f"{issuer}: the document is of another issuer")
        required = (found.authorization_endpoint, found.token_endpoint, found.jwks_uri)
        optional = (found.userinfo_endpoint, found.end_session_endpoint)
        for address in (*required, *filter(None, optional)):
            self._check_address(address)
        known.metadata, known.metadata_at = found, self._now()
        return found

    async def keys(self, issuer: str, kid: str) -> KeySet:
        """The provider's keys; fetched again, at most once a minute, when `kid` is not among them.

        Raises:
            ProviderDown: no answer, or no usable key in it.
        """
        known = self._known.setdefault(issuer, _Known())
        unknown = known.keys is None or all(one.kid != kid for one in known.keys.keys)
        due = known.keys is None or self._now() - known.keys_at >= REFETCH_SECONDS
        if unknown and due:
            metadata = await self.metadata(issuer)
            known.keys = _usable(await self.json(issuer, "GET", metadata.jwks_uri))
            known.keys_at = self._now()
        if known.keys is None or not known.keys.keys:
            raise ProviderDown(f"{issuer}: no usable key")
        return known.keys

    async def json(
        self,
        issuer: str,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset({200}),
    ) -> dict[str, Any]:
        """One call to the provider's machine; the answer must be a JSON object. See `value`."""
        answer: dict[str, Any] = await self.value(
            issuer, method, url, form=form, headers=headers, accept=accept, kind=dict
        )
        return answer

    async def value(
        self,
        issuer: str,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: frozenset[int] = frozenset({200}),
        kind: type | tuple[type, ...] = object,
    ) -> Any:
        """One call to the provider's machine; the answer must be JSON of this kind.

        Raises:
            ProviderDown: no answer within 5 s (3 s to connect), a status that is not in
                `accept`, too long or no JSON, or the breaker is open.
        """
        self._check_address(url)
        known = self._known.setdefault(issuer, _Known())
        if self._now() < known.open_until:
            raise ProviderDown(f"{issuer}: circuit open")
        try:
            status, body = await self._send(method, url, form, headers)
            answer = msgspec.json.decode(body)
            if status not in accept or not isinstance(answer, kind):
                raise ProviderDown(f"{url}: unexpected answer {status}")
        except (httpx.HTTPError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            self._note_failure(known)
            raise ProviderDown(f"{url}: {type(error).__name__}") from error
        except ProviderDown:
            self._note_failure(known)
            raise
        known.failures = 0
        return answer

    async def _send(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        wanted = {"Accept": "application/json", **(headers or {})}
        body = bytearray()
        async with self._http.stream(method, url, data=form, headers=wanted) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise ProviderDown(f"{url}: the answer is too long")
        return response.status_code, bytes(body)

    def _note_failure(self, known: _Known) -> None:
        known.failures += 1
        if known.failures >= FAILURES_TO_OPEN:
            known.open_until = self._now() + OPEN_SECONDS
            # One trial after the pause; if it fails too, the next pause begins at once.
            known.failures = FAILURES_TO_OPEN - 1

    def _check_address(self, url: str) -> None:
        parts = urlsplit(url)
        host = parts.hostname or ""
        local = self._local and parts.scheme == "http" and host.endswith(".localhost")
        if not local and (parts.scheme != "https" or not host or host.endswith("localhost")):
            raise ProviderDown(f"{url}: not an address we call")


def _usable(document: Mapping[str, Any]) -> KeySet:
    """RSA signature keys of at least 2048 bits; anything else in the set is ignored."""
    keys: list[Any] = []
    for entry in document.get("keys") or ():
        if not isinstance(entry, dict) or entry.get("kty") != "RSA" or "d" in entry:
            continue
        if entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
            continue
        try:
            key = RSAKey.import_key({name: entry[name] for name in ("kty", "n", "e", "kid")})
        except (JoseError, KeyError, ValueError, TypeError):
            continue
        if key.public_key.key_size >= MINIMUM_KEY_BITS:
            keys.append(key)
    return KeySet(keys)
