"""A small HTTP client: keep-alive connections that ask for one page again and again."""

from __future__ import annotations

import asyncio
import time

from msgspec import Struct

CONNECTIONS = 8
_END = b"\r\n\r\n"


class Request(Struct, frozen=True):
    """What is asked for, ready to be sent."""

    path: str
    headers: dict[str, str]

    def encoded(self) -> bytes:
        """The request's bytes."""
        lines = [f"GET {self.path} HTTP/1.1", *(f"{k}: {v}" for k, v in self.headers.items())]
        return "\r\n".join(lines).encode() + _END


async def rate(port: int, request: Request, *, count: int, connections: int = CONNECTIONS) -> float:
    """Requests per second of `count` requests to 127.0.0.1:`port`.

    Raises:
        RuntimeError: an answer is not 200 or has no length.
    """
    message, left = request.encoded(), iter(range(count))
    links = [await asyncio.open_connection("127.0.0.1", port) for _ in range(connections)]

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in left:
            writer.write(message)
            await _answer(reader, f"127.0.0.1:{port}{request.path}")

    try:
        start = time.perf_counter()
        await asyncio.gather(*(work(*link) for link in links))
        return count / (time.perf_counter() - start)
    finally:
        for _, writer in links:
            writer.close()
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, path: str) -> None:
    head = (await reader.readuntil(_END)).lower()
    status = head.split(b" ", 2)[1]
    _, found, rest = head.partition(b"content-length:")
    if status != b"200" or not found:
        raise RuntimeError(f"{path} answered {head[:200]!r}")
    await reader.readexactly(int(rest.split(b"\r\n", 1)[0]))
