"""A parent of services that a test kills: starts them, writes to each, says so and waits."""

import asyncio
import json
import os
import sys
from pathlib import Path

import asyncpg
import redis

from procon.embedded.services import Services, start_all


async def write_row(services: Services, text: str) -> None:
    link = await asyncpg.connect(services.postgres.dsn("postgres"))
    await link.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
    await link.execute("INSERT INTO kept VALUES ($1)", text)
    await link.close()


def main(root: str, text: str) -> None:
    services = start_all(Path(root))
    asyncio.run(write_row(services, text))
    cache = redis.Redis.from_url(services.redis.url)
    cache.rpush("kept", text)
    client = services.s3.client()
    if not client.list_buckets()["Buckets"]:
        client.create_bucket(Bucket="kept")
    client.put_object(Bucket="kept", Key=text, Body=text.encode() * 1000)
    print(json.dumps({"pid": os.getpid(), "env": services.env()}), flush=True)  # noqa: T201 - read by the test
    sys.stdin.read()


if __name__ == "__main__":
    main(*sys.argv[1:])
