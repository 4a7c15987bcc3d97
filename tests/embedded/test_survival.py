"""What was written is there after the parent, and then every child too, was killed."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import redis

from procon.embedded.process import identity
from procon.embedded.services import Services, start_all

from .conftest import children, kill_now, until

KEEPER = Path(__file__).with_name("keeper.py")


def keep(root: Path, text: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    parent = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, str(KEEPER), str(root), text],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    return parent, json.loads(parent.stdout.readline())


def kill(parent: subprocess.Popen[str]) -> None:
    parent.kill()
    parent.communicate()


def gone(pids: Iterable[int]) -> bool:
    return not any(identity(pid) for pid in pids)


@contextmanager
def same_user_process(data_dir: Path) -> Iterator[int]:
    """A process that is not ours but belongs to the database's user."""
    owner = data_dir.stat().st_uid
    sleeper = subprocess.Popen(["sleep", "60"], user=owner)  # noqa: S607 - any sleep will do
    try:
        yield sleeper.pid
    finally:
        sleeper.kill()
        sleeper.wait()


async def rows(services: Services) -> list[str]:
    link = await asyncpg.connect(services.postgres.dsn("postgres"))
    try:
        return [row["text"] for row in await link.fetch("SELECT text FROM kept ORDER BY text")]
    finally:
        await link.close()


def start_fresh(lock: Path, other: int) -> Services:
    """Starts with a lock that names another live process, as after a restart of the machine."""
    lines = lock.read_text().split("\n")
    lock.write_text("\n".join([str(other), *lines[1:]]))
    return start_all(lock.parent.parent)


def test_all_data_survives_kill_9(root: Path) -> None:
    parent, first = keep(root, "parent-killed")
    pids = children(root)
    assert set(pids) == {"postgres", "redis", "s3"}
    kill(parent)
    if sys.platform == "linux":
        assert until(lambda: gone(pids.values()), 30), [n for n in pids if identity(pids[n])]

    parent, second = keep(root, "all-killed")
    assert second["env"] == first["env"]  # same ports, same passwords
    for pid in children(root).values():
        kill_now(pid)
    kill(parent)
    lock = root / "postgres" / "postmaster.pid"
    with same_user_process(root / "postgres") as other, start_fresh(lock, other) as services:
        assert asyncio.run(rows(services)) == ["all-killed", "parent-killed"]
        cache = redis.Redis.from_url(services.redis.url)
        assert cache.lrange("kept", 0, -1) == [b"parent-killed", b"all-killed"]
        cache.close()
        client = services.s3.client()
        for text in ("parent-killed", "all-killed"):
            body = client.get_object(Bucket="kept", Key=text)["Body"].read()
            assert body == text.encode() * 1000
        client.close()
    assert children(root) == {}


def sleeper() -> subprocess.Popen[bytes]:
    script = [sys.executable, "-c", "import signal; signal.pause()"]
    return subprocess.Popen(script, start_new_session=True)  # noqa: S603 - our own script


def test_orphans_of_a_killed_parent_are_stopped_at_the_next_start(used_root: Path) -> None:
    """As on a system that cannot tell a child that its parent died."""
    orphan, stranger = sleeper(), sleeper()
    note = {"pid": orphan.pid, "identity": identity(orphan.pid), "stop": 15}
    (used_root / "run" / "s3.pid").write_text(json.dumps(note))
    other = {"pid": stranger.pid, "identity": "another-boot/1", "stop": 9}
    (used_root / "run" / "redis.pid").write_text(json.dumps(other))
    (used_root / "run" / "postgres.pid").write_text('{"pid": 1')
    try:
        with start_all(used_root, durable=False):
            assert orphan.wait(timeout=1) == -15
            assert stranger.poll() is None  # same number, another process: not ours
    finally:
        orphan.kill()
        stranger.kill()
        orphan.wait()
        stranger.wait()


def test_new_passwords_when_the_secrets_file_is_lost(used_root: Path) -> None:
    with start_all(used_root, durable=False) as services:
        old = services.postgres.dsn("procon_app")
    (used_root / "secrets.json").unlink()
    with start_all(used_root, durable=False) as services:
        assert services.postgres.dsn("procon_app") != old

        async def who() -> str:
            link = await asyncpg.connect(services.postgres.dsn("procon_app"))
            try:
                return str(await link.fetchval("SELECT current_user"))
            finally:
                await link.close()

        assert asyncio.run(who()) == "procon_app"
