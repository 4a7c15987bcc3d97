"""Addresses of the open data: `/dados-abertos/<conjunto>.csv?ano=2025`, or `.json`."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.params import FromPath

from procon.kernel.errors import NotFound
from procon.portal.render import page
from procon.statistics.open_data.datasets import DATASETS, answer_of, as_csv, as_json
from procon.statistics.open_data.download import download
from procon.statistics.open_data.pages import data_page
from procon.statistics.period import parse_year, this_year
from procon.tenancy.http import request_scope

AnyRequest = Request[Any, Any, Any]

_PUBLIC = {"permission": "public"}


@get("/dados-abertos", opt=_PUBLIC)
async def open_data(request: AnyRequest) -> Response[str]:
    """The datasets and what each column means."""
    async with request_scope(request) as tx:
        content = await data_page(tx, year=str(request.query_params.get("ano", "")))
    return page(request, "statistics/open_data.html", content)


@get("/dados-abertos/{file_name:str}", opt=_PUBLIC)
async def dataset(request: AnyRequest, file_name: FromPath[str]) -> Response[bytes]:
    """A dataset of one year."""
    name, _, kind = file_name.rpartition(".")
    if name not in DATASETS or kind not in {"csv", "json"}:
        raise NotFound("Não há dados com este nome.")
    async with request_scope(request) as tx:
        asked = str(request.query_params.get("ano", ""))
        year = parse_year(asked, now=this_year(tx))
        answer = await answer_of(tx, DATASETS[name], year)
    file = f"{name}-{year}.{kind}"
    if kind == "csv":
        return download(request, as_csv(answer), "text/csv; charset=utf-8", file)
    return download(request, as_json(answer), "application/json", file)


def handlers() -> list[Any]:
    """Route handlers of this folder."""
    return [open_data, dataset]
