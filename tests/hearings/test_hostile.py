"""Whatever is sent to a hearing that exists, the fault is never ours, and nothing odd is kept."""

from __future__ import annotations

import re

import pytest

from contract.table import SAFE, lines_of
from hearings.hearings_support import CONCILIATOR, begin, booked
from hearings.test_live import PAYS, Table
from procon.hearings.live.closing import RESULTS
from procon.hearings.queries import clauses_of
from procon.settings import REPOSITORY
from support.cities import City, MovingClock, citizen, staff, supplier
from support.web import Web

VALUES = {
    "nul": "a%00b",
    "not utf-8": "%FF%FE",
    "half a surrogate": "%ED%A0%80",
    "long": "x" * 30_000,
    "great number": "99999999999999999999",
    "minus": "-1",
    "infinity": "Infinity",
    "wild date": "9999-99-99",
    "end of the calendar": "31/12/9999",
    "other digits": "%D9%A1%D9%A2",
    "line breaks": "a%0D%0ABcc:+b%40example.com",
    "markup": "%3Cscript%3Ealert(1)%3C/script%3E",
    "template": "%7B%7B7*7%7D%7D",
}


def names() -> list[str]:
    """Every form field and query parameter of this slice."""
    found: set[str] = set()
    folder = REPOSITORY / "platform" / "procon" / "hearings"
    for path in folder.rglob("*"):
        if path.suffix in {".py", ".html"}:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(r'(?:typed_text\(form|get|getall)\(?(?:, )?"([a-z_]+)"', text))
            found |= set(
                re.findall(r'(?:field|area|hidden|select|radios|box(?:es)?)\("(\w+)"', text)
            )
    return sorted(found)


@pytest.mark.parametrize("name", VALUES)
async def test_no_value_in_any_field_breaks_a_page(
    web: Web, city: City, clock: MovingClock, name: str
) -> None:
    case, hearing_id = await booked(city)
    await begin(city, clock, hearing_id)
    table = Table(web, city, hearing_id)
    await table.came("consumer", "Ana Souza")
    clause = await table.write(PAYS)
    fields = names()
    assert {"horario", "motivo", "texto", "parcelas", "termo", "dia", "resultado"} <= set(fields)
    body = "&".join(f"{field}={VALUES[name]}" for field in fields)
    real = {"number": case.number, "hearing_id": str(hearing_id), "clause_id": str(clause)}
    failed: list[str] = []
    for line in lines_of(web.app):
        if "/audiencia" not in line.path:
            continue
        path = re.sub(r"\{(\w+):\w+\}", lambda m: real.get(m[1], str(hearing_id)), line.path)
        actor = citizen() if line.permission in ("account:own", "hearing:own") else CONCILIATOR
        actor = supplier() if path.startswith("/fornecedor") else actor
        actor = staff("cityadmin") if line.permission == "staff:settings" else actor
        async with await web.client(city, actor) as browser:
            if line.method in SAFE:
                if path.endswith("/fluxo"):
                    continue  # it stays open while the hearing is held
                answer = await browser.get(f"{path}?{body[:6000]}")
            else:
                headers = {"Content-Type": "application/x-www-form-urlencoded"}
                answer = await browser.post(path, content=body, headers=headers)
        if answer.status_code >= 500 or "<script>alert" in answer.text:
            failed.append(f"{line}: {answer.status_code}")
    for fixed in (
        "presenca?parte=consumer",
        *(f"encerrar?resultado={result}" for result in ("agreement", "rescheduled", *RESULTS)),
    ):
        act, _, pair = fixed.partition("?")
        async with await web.client(city, CONCILIATOR) as browser:
            headers = {"Content-Type": "application/x-www-form-urlencoded"}
            whole = f"{pair}&{body}"
            answer = await browser.post(f"{table.desk}/{act}", content=whole, headers=headers)
        if answer.status_code >= 500:
            failed.append(f"{fixed}: {answer.status_code}")
    await web.app.state.redis.flushall()
    assert failed == []
    async with city.scope() as tx:
        kept = [one.text for one in await clauses_of(tx, hearing_id)]
    assert "\0" not in "".join(kept)
