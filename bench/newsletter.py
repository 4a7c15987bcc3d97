"""`python -m bench.newsletter`: an issue for many readers, against a bare aiosmtplib loop.

The floor hands over the very mails that the product made, one after the other on one connection,
with nothing around them. What is missing to 1 is what the queue, the marks that keep anybody from
getting it twice, the personal links and the MIME parts cost.

With `--mortes 2` the sending process is killed that many times on the way, and the mail server's
own list says whether anybody got it twice.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
from msgspec import Struct
from msgspec.structs import replace

from bench.stack import running
from bench.town import open_town
from procon.app import services
from procon.ext.discovery import discover
from procon.ext.services import KEY
from procon.kernel.ids import new_id
from procon.notices.mail.line import mail_line
from procon.settings import REPOSITORY, load
from procon.slices import apps_of
from procon.tenancy.manifest import Tenant, read_all
from procon.tenancy.provision import apply
from procon.tenancy.scope import Database, tenant_scope
from procon_newsletter.issues import schedule, write
from procon_newsletter.mail.post import drain
from procon_newsletter.settings import NewsletterSettings

COUNT = 3_000
TURN_SECONDS = 2.0
BODY = "Recebemos relatos de um golpe novo. **Não pague** o boleto.\n\n- Confira o CNPJ.\n\n" * 8
SETTINGS = NewsletterSettings(per_minute=1_000_000)
Mail = tuple[bytes, str, str]


class Result(Struct, frozen=True):
    """Seconds for all mails, product and floor; states of the deliveries; who got it twice."""

    count: int
    product: float
    floor: float
    states: dict[str, int]
    twice: int

    @property
    def ratio(self) -> float:
        """Messages per second, product to floor."""
        return self.floor / self.product


class Recorder:
    """The mail server's handler: writes down for whom each mail was, keeps none."""

    def __init__(self, path: str) -> None:
        self._file = Path(path).open("a", buffering=1)  # noqa: SIM115 - open as long as it serves

    @classmethod
    def from_cli(cls, _parser: Any, *args: str) -> Recorder:
        """As aiosmtpd makes it."""
        return cls(args[0])

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - the name is aiosmtpd's
        """Take one."""
        self._file.write(f"{envelope.rcpt_tos[0]}\n")
        return "250 OK"


class Copying:
    """A line to the mail server that keeps what went over it."""

    def __init__(self, line: Any, kept: list[Mail]) -> None:
        self._line, self._kept = line, kept

    async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
        """Hand it over."""
        self._kept.append((mail, sender, recipient))
        await self._line.send(mail, sender=sender, recipient=recipient)


def measure(count: int = COUNT, deaths: int = 0) -> Result:
    """Start everything, send an issue, send the same mails bare, and stop everything."""
    with running() as env, tempfile.TemporaryDirectory() as folder:
        seen = Path(folder) / "seen"
        with _server(seen) as port:
            mine = {**env, "PROCON_SMTP_HOST": "127.0.0.1", "PROCON_SMTP_PORT": str(port)}
            os.environ.update(mine)
            if deaths:
                return asyncio.run(_with_deaths(mine, count, deaths, seen))
            return asyncio.run(_measure(mine, count, port))


def report(result: Result) -> str:
    """The lines that are printed."""
    speed = f"{result.count} mensagens: {result.count / result.product:.0f}/s"
    states = ", ".join(f"{state} {count}" for state, count in sorted(result.states.items()))
    lines = [f"{speed} em {result.product:.1f} s ({states}; repetidas: {result.twice})"]
    if result.floor:
        floor = result.count / result.floor
        lines.append(f"piso (aiosmtplib sozinho): {floor:.0f}/s  razão {result.ratio:.2f}")
    return "\n".join(lines)


async def _measure(env: dict[str, str], count: int, port: int) -> Result:
    kept: list[Mail] = []
    async with _city(env) as (db, tenant):
        await _fill(db, tenant, count)
        lent = services(load(env))

        @asynccontextmanager
        async def copying() -> Any:
            async with mail_line("127.0.0.1", port) as line:
                yield Copying(line, kept)

        db.extensions = {KEY: replace(lent, mail=copying)}
        product = floor = 0.0
        done = 0
        # By turns, so that whatever else the machine does slows both.
        while done < count:
            start = time.perf_counter()
            await drain(db, tenant, SETTINGS, seconds=TURN_SECONDS)
            middle = time.perf_counter()
            await _bare(kept[done:], port)
            product, floor = product + middle - start, floor + time.perf_counter() - middle
            done = len(kept)
        states = await _states(db, tenant)
    if states != {"sent": count}:
        raise RuntimeError(f"not every mail was sent: {states}")
    return Result(count, product, floor, states, 0)


async def _bare(mails: list[Mail], port: int) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False) as smtp:
        for mail, sender, recipient in mails:
            await smtp.sendmail(sender, [recipient], mail)


async def _with_deaths(env: dict[str, str], count: int, deaths: int, seen: Path) -> Result:
    async with _city(env) as (db, tenant):
        await _fill(db, tenant, count)
        start = time.perf_counter()
        for death in range(deaths):
            child = _sender()
            wanted = count * (death + 1) // (deaths + 1)
            await asyncio.to_thread(_wait_until, seen, wanted, child)
            child.send_signal(signal.SIGKILL)
            child.wait()
            await _forget_leases(db, tenant)
        child = _sender()
        if await asyncio.to_thread(child.wait) != 0:
            raise RuntimeError("the sending process failed")
        product = time.perf_counter() - start
        states = await _states(db, tenant)
    got = Counter(await asyncio.to_thread(_recipients, seen))
    return Result(count, product, 0.0, states, sum(n > 1 for n in got.values()))


async def _forget_leases(db: Database, tenant: Tenant) -> None:
    """As if the two minutes had passed in which nobody else may touch what the dead one held."""
    async with tenant_scope(db, tenant) as tx:
        await tx.execute(
            "UPDATE newsletter_delivery SET leased_until = $1 WHERE state IN ('leased', 'begun')",
            tx.now,
        )


def _sender() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "bench.newsletter", "--so-enviar"])


async def _send_only() -> None:
    settings = load()
    tenant = _tenant()
    db = await Database(settings.database_url, extensions={KEY: services(settings)}).open()
    await drain(db, tenant, SETTINGS, seconds=3600)
    await db.close()


@asynccontextmanager
async def _city(env: dict[str, str]) -> Any:
    """The first city of the repository with the newsletter on."""
    async with open_town(env) as town:
        tenant = _tenant()
        owner = await Database(load(env).owner_database_url, size=2, settings={}).open()
        tables = apps_of(tenant, discover(REPOSITORY / "plugins"))
        outcome = await apply(owner, tenant, tables, app_role="procon_app")
        await owner.close()
        if outcome.error:
            raise RuntimeError(outcome.error)
        yield town.db, tenant


def _tenant() -> Tenant:
    return replace(read_all(REPOSITORY / "tenants")[0], plugins={"newsletter": {}})


async def _fill(db: Database, tenant: Tenant, count: int) -> None:
    """Readers at twenty mail providers, and an issue that is due."""
    for first in range(0, count, 5_000):
        numbers = range(first, min(first + 5_000, count))
        ids = [new_id() for _ in numbers]
        async with tenant_scope(db, tenant) as tx:
            await tx.execute(
                "INSERT INTO newsletter_subscriber (id, email, domain, state, token, sealing_key,"
                " asked_topics, confirm_token, created_at) SELECT n.id, 'r' || n.number || '@p' ||"
                " n.number % 20 || '.example', 'p' || n.number % 20 || '.example', 'active',"
                " substr(md5(n.id::text), 1, 22), '', '{}', '', $1"
                " FROM unnest($2::uuid[], $3::int[]) AS n (id, number)",
                tx.now,
                ids,
                list(numbers),
            )
            await tx.execute(
                "INSERT INTO newsletter_topic (subscriber_id, topic)"
                " SELECT unnest($1::uuid[]), 'golpes'",
                ids,
            )
    async with tenant_scope(db, tenant) as tx:
        number = await write(
            tx, author="Bia", title="Golpe do boleto", body=BODY, topics=("golpes",), key="bench"
        )
        await schedule(tx, author="Bia", number=number, send_at=tx.now)


async def _states(db: Database, tenant: Tenant) -> dict[str, int]:
    async with tenant_scope(db, tenant) as tx:
        rows = await tx.fetch("SELECT state, count(*) FROM newsletter_delivery GROUP BY state")
    return {row["state"]: row["count"] for row in rows}


def _wait_until(seen: Path, wanted: int, child: subprocess.Popen[bytes]) -> None:
    while child.poll() is None and len(_recipients(seen)) < wanted:
        time.sleep(0.1)


def _recipients(seen: Path) -> list[str]:
    return seen.read_text().split() if seen.exists() else []


@contextmanager
def _server(seen: Path) -> Iterator[int]:
    """A mail server in a process of its own, so that it shares no interpreter with either."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [
        sys.executable, "-m", "aiosmtpd", "-n", "-c", "bench.newsletter.Recorder",
        "-l", f"127.0.0.1:{port}", str(seen),
    ]  # fmt: skip
    process = subprocess.Popen(command)  # noqa: S603 - our own handler
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise RuntimeError("the mail server did not start")


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Boletim para muitos leitores")
    parser.add_argument("--leitores", type=int, default=COUNT)
    parser.add_argument("--mortes", type=int, default=0, help="quantas vezes matar quem envia")
    parser.add_argument("--so-enviar", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.so_enviar:
        asyncio.run(_send_only())
        return 0
    result = measure(options.leitores, options.mortes)
    print(report(result))
    return 1 if result.twice else 0


if __name__ == "__main__":
    sys.exit(main())
