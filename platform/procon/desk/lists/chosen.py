"""A filter in words, one piece at a time, each with the way back without it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct, structs

from procon.desk.lists.forms import Filter, query_of
from procon.portal.shell import Option

_LABELS = {
    "responsavel": "Responsável",
    "assunto": "Área",
    "empresa": "Empresa",
    "prazo_de": "Prazo a partir de",
    "prazo_ate": "Prazo até",
    "aberto_de": "Aberto a partir de",
    "aberto_ate": "Aberto até",
    "canal": "Como chegou",
    "posto": "Posto",
    "resultado": "Resultado",
    "etiqueta": "Etiqueta",
    "texto": "Palavras",
}


class Chosen(Struct, frozen=True, forbid_unknown_fields=True):
    """One condition; `query` is the filter without it."""

    text: str
    query: str


def chosen(wanted: Filter, names: Mapping[str, Iterable[Option]]) -> tuple[Chosen, ...]:
    """Every condition of a filter.

    Args:
        names: field → its options, to say a condition as the form does.
    """
    titles = {field: {one.value: one.label for one in some} for field, some in names.items()}
    found = [
        Chosen(
            f"Situação: {titles['estado'].get(state, state)}",
            query_of(
                structs.replace(wanted, estado=tuple(one for one in wanted.estado if one != state))
            ),
        )
        for state in wanted.estado
    ]
    for field, label in _LABELS.items():
        value = getattr(wanted, field)
        if value:
            said = f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)
            said = titles.get(field, {}).get(said, said)
            blank = getattr(Filter(), field)
            query = query_of(structs.replace(wanted, **{field: blank}))
            found.append(Chosen(f"{label}: {said}", query))
    return tuple(found)
