"""A worker that dies at the worst moment: the mail server has the mail, nothing says so yet."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import aiosmtplib

from procon.app import work_handlers
from procon.jobs.outbox import drain
from procon.settings import REPOSITORY, load
from procon.tenancy.manifest import read
from procon.tenancy.scope import Database

DIED = 9
_send = aiosmtplib.send


async def _send_and_die(*args: Any, **kwargs: Any) -> None:
    await _send(*args, **kwargs)
    os._exit(DIED)


async def main(slug: str) -> None:
    settings = load()
    aiosmtplib.send = _send_and_die  # type: ignore[assignment]  # never returns
    db = await Database(settings.database_url, size=1).open()
    await drain(db, read(REPOSITORY / "tenants", slug), work_handlers(settings))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
