"""Whose address a request comes from, when the installation stands behind proxies."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Receive, Scope, Send

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address


def networks(setting: str) -> tuple[Network, ...]:
    """The proxies that are ours: "10.0.0.0/8, 127.0.0.1".

    Raises:
        ValueError: not a list of addresses or networks.
    """
    return tuple(ip_network(part.strip()) for part in setting.split(",") if part.strip())


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The nearest address that is not one of our proxies.

    Anybody may write what they like into `X-Forwarded-For`; only what our own proxies appended,
    read from the right, is believed.
    """
    nearest = peer
    hops = [part.strip() for part in forwarded.split(",") if part.strip()]
    while hops and _is_ours(nearest, trusted):
        hop = _address(hops.pop())
        if hop is None:
            return nearest
        nearest = str(hop)
    return nearest


def behind_proxies(app: ASGIApp, trusted: Sequence[Network]) -> ASGIApp:
    """`scope["client"]` is the visitor; without proxies of ours nothing changes."""
    if not trusted:
        return app

    async def found(scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        if client is not None:
            forwarded = ",".join(Headers.from_scope(scope).getall("x-forwarded-for", []))
            scope["client"] = (client_address(client[0], forwarded, trusted), client[1])
        await app(scope, receive, send)

    return found


def _is_ours(text: str, trusted: Sequence[Network]) -> bool:
    address = _address(text)
    return address is not None and any(
        address.version == network.version and address in network for network in trusted
    )


def _address(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
