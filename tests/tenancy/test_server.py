"""The same through the real server and a socket: how it hands on odd request lines and hosts."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator

import pytest

from procon.settings import Settings
from procon.tenancy.manifest import Tenant


@pytest.fixture(scope="module")
async def port(settings: Settings, tenants: tuple[Tenant, ...]) -> AsyncIterator[int]:
    """The port of a granian that serves the whole application."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        chosen = int(probe.getsockname()[1])
    environment = {
        f"PROCON_{name.upper()}": str(getattr(settings, name))
        for name in settings.__struct_fields__
    }
    server = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory"),
        *("--host", "127.0.0.1", "--port", str(chosen), "procon.app:create_app"),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(60):
            while not await _answers(chosen):
                assert server.returncode is None, "the server ended"
                await asyncio.sleep(0.1)  # a listening port gives no other sign
        yield chosen
    finally:
        server.terminate()
        await server.wait()


async def _answers(port: int) -> bool:
    try:
        return (await ask(port, "GET /health/live HTTP/1.1", "Host: x"))[0] == 200
    except OSError:
        return False


async def ask(port: int, *lines: str) -> tuple[int, str]:
    """Send these lines as they are; returns status and page (0 when the server just hangs up)."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = "\r\n".join([*lines, "Connection: close", "", ""])
    writer.write(request.encode("latin-1"))
    await writer.drain()
    answer = (await asyncio.wait_for(reader.read(), 10)).decode("utf-8", "replace")
    writer.close()
    await writer.wait_closed()
    return int(answer.split(" ")[1]) if answer else 0, answer


async def test_the_host_line_chooses_the_city(port: int, tenants: tuple[Tenant, ...]) -> None:
    for tenant in tenants:
        for host in (tenant.host, f"{tenant.host.upper()}:{port}", f"{tenant.host}."):
            status, page = await ask(port, "GET / HTTP/1.1", f"Host: {host}")
            assert (status, f"– {tenant.name}</title>" in page) == (200, True)


async def test_odd_requests_reach_no_city(port: int, tenants: tuple[Tenant, ...]) -> None:
    first, second = (tenant.host for tenant in tenants)
    odd = [
        ("GET / HTTP/1.1", f"Host: {first}", f"Host: {second}"),
        ("GET / HTTP/1.1", f"Host: {first}", f"Host: {first}"),
        ("GET / HTTP/1.1", "Host:"),
        ("GET / HTTP/1.1", f"Host: {first}, {second}"),
        ("GET / HTTP/1.1", f"Host: x@{first}"),
        ("GET / HTTP/1.1", f"Host: {first}/"),
        ("GET / HTTP/1.1", "Host: [::1]"),
        ("GET / HTTP/1.0",),
        ("GET / HTTP/1.1", "Host: recife.localhost", f"X-Forwarded-Host: {first}"),
        ("GET / HTTP/1.1", "Host: recife.localhost", f"Forwarded: host={first}"),
    ]
    wrong = []
    for lines in odd:
        status, page = await ask(port, *lines)
        if status not in {0, 400, 404} or any(tenant.name in page for tenant in tenants):
            wrong.append((lines, status))
    assert wrong == []


async def test_an_absolute_address_and_a_host_line_never_name_two_cities(
    port: int, tenants: tuple[Tenant, ...]
) -> None:
    """RFC 9112 §3.2.2: the address wins over Host. Whichever does, only one city may show."""
    first, second = tenants
    status, page = await ask(port, f"GET http://{second.host}/ HTTP/1.1", f"Host: {first.host}")
    shown = [tenant.name for tenant in tenants if f"– {tenant.name}</title>" in page]
    assert (status, shown) == (200, [first.name])
