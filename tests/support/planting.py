"""Many cases at once, as exact as a test wants them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from msgspec import Struct

from procon.kernel.ids import new_id
from procon.parties.commands import register_person, register_supplier
from support.cities import CNPJ, CPF, City

YEAR = 2025
SPRING = datetime(YEAR, 3, 10, 15, tzinfo=UTC)


class Seed(Struct, frozen=True):
    """What a group of equal cases is like. `solved`: the consumer's word, None without one."""

    status: str = "closed"
    outcome: str = "RESOLVIDA"
    at: datetime = SPRING
    channel: str = "online"
    subject: str = "0403"
    cnpj: str | None = CNPJ
    name: str = "Loja Exemplo"
    solved: bool | None = None
    answered: timedelta | None = None
    closed: timedelta | None = None
    cip_round: int = 1
    registered_at: datetime | None = None
    narrative: str = "A loja não entregou."
    consumer: str = "Ana Souza"
    assigned: tuple[UUID, str] | None = None
    due_at: datetime | None = None


async def plant(city: City, count: int, seed: Seed) -> list[UUID]:
    """`count` cases like `seed`; their ids."""
    made = []
    async with city.scope() as tx:
        person = await register_person(tx, cpf=CPF, name=seed.consumer, email="ana@example.com")
        company = await register_supplier(
            tx, name=seed.name, cnpj=seed.cnpj, email="sac@loja.example"
        )
        for _ in range(count):
            case = new_id()
            made.append(case)
            await tx.execute(
                "INSERT INTO case_file (id, number, idempotency_key, person_id, supplier_id,"
                " subject, problem, status, outcome, channel, narrative, wish, cip_round,"
                " created_at, changed_at, closed_at, registered_at, assigned_to, assigned_name,"
                " due_at) VALUES ($1, $2, $3, $4, $5, $6, '401', $7, $8, $9, $10, 'Receber.', $11,"
                " $12, $12, $13, $14, $15, $16, $17)",
                case,
                f"P{case.hex[-12:]}",
                case.hex,
                person,
                company,
                seed.subject,
                seed.status,
                seed.outcome,
                seed.channel,
                seed.narrative,
                seed.cip_round,
                seed.at,
                seed.at + seed.closed if seed.closed is not None else None,
                seed.registered_at,
                seed.assigned[0] if seed.assigned else None,
                seed.assigned[1] if seed.assigned else "",
                seed.due_at,
            )
            if seed.solved is not None:
                await tx.execute(
                    "INSERT INTO rating (case_id, solved, stars, why, rated_at)"
                    " VALUES ($1, $2, 3, 'Ana disse.', $3)",
                    case,
                    seed.solved,
                    seed.at + timedelta(days=20),
                )
            if seed.answered is not None:
                await tx.execute(
                    "INSERT INTO answer (id, case_id, idempotency_key, text, author, sha256, late,"
                    " submitted_at) VALUES ($1, $2, $3, 'Enviamos.', 'Carla', '', FALSE, $4)",
                    new_id(),
                    case,
                    new_id().hex,
                    seed.at + seed.answered,
                )
    return made
