"""What is published, as tables of text: one source for CSV, JSON and the dictionary."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import msgspec
from msgspec import Struct

from procon.desk.lists.export import csv_text
from procon.statistics.companies import companies_of
from procon.statistics.figures import Figures, figures_of
from procon.statistics.formula import FORMULA_VERSION, Shown
from procon.statistics.period import period_of
from procon.statistics.queries import opened_in
from procon.statistics.register.pages import entries_of_year, public_entries
from procon.tenancy.scope import Tx

Cell = str | int | float | None


class Field(Struct, frozen=True):
    """A column, for the dictionary."""

    name: str
    meaning: str


class Dataset(Struct, frozen=True):
    """A table that anybody may download for a year."""

    name: str
    title: str
    about: str
    fields: tuple[Field, ...]
    rows: Callable[[Tx, int], Awaitable[list[tuple[Cell, ...]]]]


class Answer(Struct, frozen=True):
    """A dataset of one year with its rows."""

    dataset: Dataset
    city: str
    uf: str
    year: int
    rows: tuple[tuple[Cell, ...], ...]


async def complaint_rows(tx: Tx, year: int) -> list[tuple[Cell, ...]]:
    """The figures of a year, one count a row."""
    figures = await _figures(tx, year)
    rows: list[tuple[Cell, ...]] = [
        (year, "total", "", "Reclamações abertas", *_count(figures.total))
    ]
    for name, lines in (
        ("mes", figures.months),
        ("canal", figures.channels),
        ("area", figures.areas),
        ("situacao", figures.situations),
    ):
        rows += [(year, name, one.key, one.label, *_count(one.count)) for one in lines]
    rows.append((year, "orientacoes", "", "Orientações no atendimento", *_count(figures.advice)))
    return rows


async def indicator_rows(tx: Tx, year: int) -> list[tuple[Cell, ...]]:
    """Shares with their intervals, and medians with those of the year before."""
    figures = await _figures(tx, year)
    return [*_shares(year, figures), *_medians(year, figures)]


async def company_rows(tx: Tx, year: int) -> list[tuple[Cell, ...]]:
    """Companies with their three results."""
    return [
        (
            year,
            one.root,
            one.name,
            *_count(one.total),
            *(cell for result in one.results for cell in _count(result.count)),
        )
        for one in await companies_of(tx, await opened_in(tx, period_of(tx, year)))
    ]


async def register_rows(tx: Tx, year: int) -> list[tuple[Cell, ...]]:
    """Well-founded complaints, one a row."""
    entries, publication = await entries_of_year(tx, year)
    final = "sim" if publication and publication.published_at else "não"
    return [
        (
            year,
            one.month,
            one.root,
            one.name,
            one.area,
            one.subject,
            one.problem,
            "sim" if one.attended else "não",
            "sim" if one.corrected else "não",
            final,
        )
        for one in public_entries(tx, entries)
    ]


_MARK = "Vazio quando o número está ao lado; senão “menos de 5” ou “não divulgado”."
_RESULTS = (
    ("resolvidas", "Reclamações que o consumidor avaliou como resolvidas."),
    ("nao_resolvidas", "Reclamações que o consumidor avaliou como não resolvidas."),
    ("sem_resposta", "Reclamações sem resposta da empresa ou sem avaliação do consumidor."),
)
_YEAR = Field("ano", "Ano em que a reclamação foi aberta, no relógio da cidade.")

DATASETS: Mapping[str, Dataset] = MappingProxyType(
    {
        one.name: one
        for one in (
            Dataset(
                "reclamacoes",
                "Reclamações do ano",
                "Quantas reclamações foram abertas, por mês, canal, área e situação.",
                (
                    _YEAR,
                    Field(
                        "recorte",
                        "O que a linha conta: total, mes, canal, area, situacao ou orientacoes.",
                    ),
                    Field("codigo", "Código do valor dentro do recorte."),
                    Field("nome", "O mesmo valor em palavras."),
                    Field("quantidade", "Número de reclamações; vazio quando não é divulgado."),
                    Field("sigilo", _MARK),
                ),
                complaint_rows,
            ),
            Dataset(
                "indicadores",
                "Indicadores do ano",
                "Os três resultados com o intervalo de confiança, e os tempos medianos.",
                (
                    _YEAR,
                    Field(
                        "indicador",
                        "solved, unsolved e silent são os três resultados; resposta"
                        " e encerramento são tempos.",
                    ),
                    Field("nome", "O indicador em palavras."),
                    Field("unidade", "proporcao (de 0 a 1) ou dias."),
                    Field("valor", "O indicador; vazio quando há casos de menos."),
                    Field("minimo", "Início do intervalo de 95 % (Wilson)."),
                    Field("maximo", "Fim do intervalo de 95 % (Wilson)."),
                    Field("ano_anterior", "O mesmo tempo no mesmo trecho do ano anterior."),
                    Field("casos", "De quantos casos; vazio quando não é divulgado."),
                    Field("versao", "Versão da fórmula."),
                ),
                indicator_rows,
            ),
            Dataset(
                "empresas",
                "Empresas do ano",
                "Reclamações por empresa (raiz do CNPJ) e os três resultados.",
                (
                    _YEAR,
                    Field("raiz_cnpj", "Os oito primeiros caracteres do CNPJ."),
                    Field("empresa", "Nome da empresa, sem o CPF que alguns nomes têm."),
                    Field("com_resultado", "Reclamações com um dos três resultados."),
                    Field("com_resultado_sigilo", _MARK),
                    *(
                        field
                        for name, meaning in _RESULTS
                        for field in (Field(name, meaning), Field(f"{name}_sigilo", _MARK))
                    ),
                ),
                company_rows,
            ),
            Dataset(
                "cadastro",
                "Cadastro de Reclamações Fundamentadas",
                "Uma linha por reclamação fundamentada (CDC, art. 44), no ano em que foi"
                " registrada. A lei manda divulgar cada uma, por isso aqui não há sigilo de"
                " números pequenos.",
                (
                    Field("ano", "Ano do registro no cadastro."),
                    Field("mes", "Mês do registro."),
                    Field("raiz_cnpj", "Os oito primeiros caracteres do CNPJ; vazio sem CNPJ."),
                    Field("empresa", "Nome da empresa."),
                    Field("area", "Área da reclamação."),
                    Field("assunto", "Assunto da reclamação."),
                    Field("problema", "O que aconteceu."),
                    Field("atendida", "sim ou não, como a decisão definitiva disse."),
                    Field("corrigida", "sim quando o Procon aceitou um pedido de correção."),
                    Field("publicada", "sim quando o ano já foi publicado; não enquanto muda."),
                ),
                register_rows,
            ),
        )
    }
)


async def answer_of(tx: Tx, dataset: Dataset, year: int) -> Answer:
    """A dataset with its rows of one year."""
    rows = tuple(await dataset.rows(tx, year))
    return Answer(dataset, tx.tenant.city, tx.tenant.uf, year, rows)


def as_csv(answer: Answer) -> bytes:
    """For spreadsheets: semicolons, decimal comma, UTF-8 with byte order mark."""
    head = [field.name for field in answer.dataset.fields]
    return csv_text(head, [[_text(cell) for cell in row] for row in answer.rows]).encode()


def as_json(answer: Answer) -> bytes:
    """The same rows as objects, with the dictionary's field names."""
    head = [field.name for field in answer.dataset.fields]
    return msgspec.json.encode(
        {
            "conjunto": answer.dataset.name,
            "titulo": answer.dataset.title,
            "cidade": answer.city,
            "uf": answer.uf,
            "ano": answer.year,
            "versao_da_formula": FORMULA_VERSION,
            "linhas": [dict(zip(head, row, strict=True)) for row in answer.rows],
        }
    )


async def _figures(tx: Tx, year: int) -> Figures:
    period = period_of(tx, year)
    return await figures_of(tx, period, await opened_in(tx, period))


def _count(shown: Shown) -> tuple[int | None, str]:
    return shown.value, shown.mark


def _shares(year: int, figures: Figures) -> list[tuple[Cell, ...]]:
    return [
        (
            year,
            one.key,
            one.label,
            "proporcao",
            round(one.interval.share, 4) if one.interval else None,
            round(one.interval.low, 4) if one.interval else None,
            round(one.interval.high, 4) if one.interval else None,
            None,
            figures.rated_of.value,
            FORMULA_VERSION,
        )
        for one in figures.results
    ]


def _medians(year: int, figures: Figures) -> list[tuple[Cell, ...]]:
    return [
        (
            year,
            one.key,
            one.label,
            "dias",
            one.now,
            None,
            None,
            one.before,
            one.cases.value,
            FORMULA_VERSION,
        )
        for one in figures.spans
    ]


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    return str(cell).replace(".", ",") if isinstance(cell, float) else str(cell)
