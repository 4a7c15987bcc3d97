"""What the public reads of a year: exact numbers, three results, nobody else's."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from msgspec.structs import replace

from procon.statistics.formula import wilson
from support.cities import City, MovingClock, filed, staff
from support.planting import SPRING, YEAR, Seed, plant
from support.web import Web

BANK, BANK_ROOT = "11444777000161", "11444777"
DAYS = timedelta(days=1)


def plain(html: str) -> str:
    """What is read, without tags and white space."""
    main = html[html.index("<main") : html.index("</main>")]
    main = re.sub(r"<svg.*?</svg>", " ", main, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", main)).split())


async def a_year(city: City) -> None:
    """60 solved, 25 unsolved, 15 silent, 6 running, 7 set aside, 3 of them withdrawn."""
    await plant(city, 40, Seed(solved=True, answered=4 * DAYS, closed=20 * DAYS))
    bank = Seed(cnpj=BANK, name="Banco Exemplo", subject="0101", channel="post")
    await plant(city, 20, replace(bank, solved=True, answered=10 * DAYS, closed=30 * DAYS))
    await plant(city, 25, replace(bank, status="unsolved", outcome="NAO_RESOLVIDA", solved=False))
    await plant(city, 9, Seed(status="unanswered", outcome="SEM_RESPOSTA"))
    await plant(city, 6, Seed(outcome="SEM_AVALIACAO", answered=6 * DAYS, closed=26 * DAYS))
    await plant(city, 6, Seed(status="cip_issued", outcome=""))
    await plant(city, 7, Seed(outcome="DESISTENCIA"))
    # The year before and after do not belong to it, nor what is at the far end of the clock.
    await plant(city, 9, Seed(at=datetime(YEAR, 1, 1, 2, 59, tzinfo=UTC), solved=True))
    await plant(city, 1, Seed(at=datetime(YEAR + 1, 1, 1, 3, tzinfo=UTC), solved=True))


async def test_a_year_shows_exactly_its_cases(web: Web, city: City, other: City) -> None:
    await a_year(city)
    await plant(other, 500, Seed(solved=False))
    found = await web.get(city, f"/indicadores?ano={YEAR}")
    assert found.status_code == 200
    text = plain(found.text)
    assert "Reclamações abertas: 113 ." in text
    share = wilson(60, 100)
    assert (round(share.low, 3), round(share.high, 3)) == (0.502, 0.691)
    assert "Resolvida, segundo o consumidor 60 60,0 % de 50,2 % a 69,1 %" in text
    assert "Não resolvida, segundo o consumidor 25 25,0 % de 17,5 % a 34,3 %" in text
    assert "Sem resposta da empresa ou sem avaliação 15 15,0 % de 9,3 % a 23,3 %" in text
    assert "Reclamações com resultado (n): 100" in text
    assert "Ainda em andamento 6" in text
    assert "Encerrada antes, por outro motivo 7" in text
    assert "Pela internet 68" in text and "No atendimento presencial 45" in text
    assert "Assuntos financeiros 45" in text and "Produtos 68" in text
    assert "março 113" in text and "abril 0" in text
    assert "Da reclamação à primeira resposta da empresa 4,0 dias casos de menos 66" in text
    assert "Da reclamação ao encerramento 20,0 dias casos de menos 66" in text
    assert "Banco Exemplo 45 20 25 0" in text
    elsewhere = plain((await web.get(other, f"/indicadores?ano={YEAR}")).text)
    assert "Reclamações abertas: 500 ." in elsewhere and "Banco" not in elsewhere


async def test_silence_is_never_a_solution(web: Web, city: City) -> None:
    """Cases that nobody rated change the share of solved ones, and not upwards."""
    await plant(city, 10, Seed(solved=True))
    await plant(city, 10, Seed(solved=False))
    await plant(city, 80, Seed(outcome="SEM_AVALIACAO"))
    text = plain((await web.get(city, f"/indicadores?ano={YEAR}")).text)
    assert "Resolvida, segundo o consumidor 10 10,0 % de" in text
    assert "Sem resposta da empresa ou sem avaliação 80 80,0 % de" in text


async def test_few_cases_are_not_told_apart(web: Web, city: City) -> None:
    """3 at the post of 40: neither they nor what they could be subtracted from."""
    await plant(city, 37, Seed(solved=True))
    await plant(city, 3, Seed(channel="post", solved=False))
    text = plain((await web.get(city, f"/indicadores?ano={YEAR}")).text)
    assert "Reclamações abertas: 40 ." in text
    assert "No atendimento presencial menos de 5" in text
    assert "Pela internet não divulgado" in text
    assert "Resolvida, segundo o consumidor não divulgado – –" in text
    assert "Não resolvida, segundo o consumidor menos de 5 – –" in text
    assert "março 40" in text
    assert re.search(r"\b37\b", text) is None


async def test_two_running_cases_do_not_cost_the_results(web: Web, city: City) -> None:
    """What is small beside the results is put together before anything of them is hidden."""
    await plant(city, 20, Seed(solved=True))
    await plant(city, 10, Seed(solved=False))
    await plant(city, 2, Seed(status="cip_issued", outcome=""))
    await plant(city, 3, Seed(outcome="DESISTENCIA"))
    text = plain((await web.get(city, f"/indicadores?ano={YEAR}")).text)
    assert "Resolvida, segundo o consumidor 20 66,7 % de" in text
    assert "Em andamento, ou encerrada antes por outro motivo 5" in text
    assert "Loja Exemplo 30 20 10 0" in text


async def test_a_new_city_has_pages_without_numbers(web: Web, city: City) -> None:
    for path in ("/indicadores", "/cadastro", "/dados-abertos", "/indicadores/metodo"):
        found = await web.get(city, path)
        assert found.status_code == 200, path
    assert "Reclamações abertas: 0 ." in plain((await web.get(city, "/indicadores")).text)


async def test_the_running_year_is_compared_with_the_same_stretch(
    web: Web, city: City, clock: MovingClock
) -> None:
    now = clock()
    begin = datetime(now.year, 1, 1, 3, tzinfo=UTC)
    last = datetime(now.year - 1, 1, 1, 3, tzinfo=UTC)
    await plant(city, 5, Seed(at=begin + DAYS, answered=2 * DAYS, solved=True))
    await plant(city, 5, Seed(at=last + DAYS, answered=8 * DAYS, solved=True))
    # After today's date in the year before: not in the comparison.
    late = last + (now - begin)
    await plant(city, 50, Seed(at=late - 1 * DAYS, answered=3 * DAYS, solved=True))
    text = plain((await web.get(city, "/indicadores")).text)
    assert "primeira resposta da empresa 2,0 dias 8,0 dias 5" in text


async def test_a_company_adds_up_its_branches(web: Web, city: City, other: City) -> None:
    await plant(city, 8, Seed(cnpj=BANK, name="Banco Exemplo", solved=True))
    await plant(city, 7, Seed(cnpj="11444777000242", name="Banco Exemplo Filial", solved=False))
    await plant(city, 30, Seed(solved=True))
    await plant(other, 6, Seed(cnpj="45997418000153", name="Só da outra", solved=True))
    found = await web.get(city, f"/empresas/{BANK_ROOT}?ano={YEAR}")
    text = plain(found.text)
    assert "Banco Exemplo" in text and "Filial" not in text
    assert f"Reclamações de {YEAR} com resultado: 15 ." in text
    assert "Resolvida, segundo o consumidor 8 53,3 % de" in text
    assert "Não resolvida, segundo o consumidor 7 46,7 % de" in text
    for root in ("45997418", "00000000", "11444777000161", "%00", "1144477é"):
        assert (await web.get(city, f"/empresas/{root}")).status_code == 404, root


async def test_one_hidden_company_is_not_found_by_subtraction(web: Web, city: City) -> None:
    await plant(city, 40, Seed(solved=True))
    await plant(city, 9, Seed(cnpj=BANK, name="Banco Exemplo", solved=True))
    await plant(city, 6, Seed(cnpj="45997418000153", name="Fábrica Exemplo", solved=True))
    await plant(city, 5, Seed(cnpj="45997418000153", name="Fábrica Exemplo", solved=False))
    await plant(city, 2, Seed(cnpj="19131243000197", name="Oficina Exemplo", solved=False))
    text = plain((await web.get(city, f"/indicadores?ano={YEAR}")).text)
    assert "Loja Exemplo 40 40 0 0" in text
    assert "Fábrica Exemplo 11 6 5 0" in text
    assert "Banco Exemplo" not in text and "Oficina Exemplo" not in text
    shown = plain((await web.get(city, f"/empresas/{BANK_ROOT}?ano={YEAR}")).text)
    assert f"Reclamações de {YEAR} com resultado: não divulgado ." in shown
    assert "Resolvida, segundo o consumidor não divulgado" in shown
    shown = plain((await web.get(city, f"/empresas/19131243?ano={YEAR}")).text)
    assert f"Reclamações de {YEAR} com resultado: menos de 5 ." in shown


async def test_the_companies_do_not_add_up_to_what_the_city_hides(web: Web, city: City) -> None:
    """One company, 2 cases still running: its row would tell the city's hidden result."""
    await plant(city, 20, Seed(solved=True))
    await plant(city, 10, Seed(solved=False))
    await plant(city, 2, Seed(status="cip_issued", outcome=""))
    text = plain((await web.get(city, f"/indicadores?ano={YEAR}")).text)
    assert "Não resolvida, segundo o consumidor não divulgado" in text
    assert "Loja Exemplo" not in text
    shown = plain((await web.get(city, f"/empresas/11222333?ano={YEAR}")).text)
    assert re.search(r"\b(10|20|30)\b", shown) is None


async def test_a_case_as_it_is_filed_counts(web: Web, city: City) -> None:
    """Through the product's own commands, not planted."""
    for _ in range(5):
        await filed(city)
    text = plain((await web.get(city, "/indicadores")).text)
    assert "Reclamações abertas: 5 ." in text and "Ainda em andamento 5" in text
    assert SPRING.year == YEAR


PATHS = ("/indicadores", "/cadastro", "/dados-abertos", "/dados-abertos/empresas.json")


@pytest.mark.parametrize("year", ["%00", "%FF%FE", "9" * 300, "-1", "%D9%A2%D9%A0", "1066", "x"])
async def test_what_is_no_year_is_this_year(web: Web, city: City, year: str) -> None:
    for path in (*PATHS, "/gestao"):
        actor = staff("cityadmin") if path == "/gestao" else None
        found = await web.get(city, f"{path}?ano={year}", actor=actor)
        assert found.status_code == 200, path
    assert (await web.get(city, f"/cadastro.pdf?ano={year}")).status_code == 404
