"""Words for every status, deadline and act; forms that say what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from markupsafe import Markup

from procon.cases.log import Act, Entry
from procon.cases.pages import (
    DeadlineBadge,
    StatusLabel,
    badge_of,
    status_label,
    telling_of,
    timeline_of,
)
from procon.desk.forms import (
    BODIES,
    TEXT_MOST,
    Redirection,
    Typed,
    parse_distribution,
    parse_note,
    parse_redirection,
    typed,
)
from procon.ext.events import (
    ActRecorded,
    AnswerMissed,
    AnswerRated,
    AnswerSubmitted,
    CaseAssigned,
    CaseCompleted,
    CaseEvent,
    CaseMoved,
    CaseOpened,
    CaseRedirected,
    CaseReturned,
    CipIssued,
    Event,
    FileAdded,
    NoteWritten,
    RatingExpired,
    SupplierCorrected,
    SupplierEntered,
    WrongCompanyDeclared,
)
from procon.kernel.errors import Invalid

TZ = "America/Sao_Paulo"
CASE = UUID(int=1)
DUE = datetime(2026, 12, 8, 2, 59, 59, tzinfo=UTC)
EVENTS: tuple[tuple[Event, str], ...] = (
    (
        CaseOpened(case_id=CASE, number="1", channel="post", supplier_name="X", service_point="Y"),
        "A reclamação contra X foi registrada no atendimento do Procon (Y).",
    ),
    (
        CaseReturned(case_id=CASE, reason="r", due_at=DUE),
        "O Procon pediu ao consumidor o que faltava, até 07/12/2026 às 23h59.",
    ),
    (CaseCompleted(case_id=CASE, text="t"), "O consumidor enviou o que faltava."),
    (
        CaseRedirected(case_id=CASE, body="Anatel", reason="r"),
        "O Procon encaminhou o consumidor a quem pode ajudar: Anatel.",
    ),
    (CaseAssigned(case_id=CASE, to_name="Bia"), "Bia ficou responsável pelo processo."),
    (NoteWritten(case_id=CASE, text="a\n<b>"), "a<br>&lt;b&gt;"),
    (
        CipIssued(
            case_id=CASE,
            supplier_name="X",
            due_at=DUE,
            explanation="e",
            legal_basis="l",
            rule_version="v",
        ),
        "O Procon avisou X, que pode responder até 07/12/2026 às 23h59.",
    ),
    (
        SupplierEntered(case_id=CASE, by="access_code"),
        "A empresa abriu o processo pela primeira vez.",
    ),
    (
        SupplierCorrected(case_id=CASE, before="X", supplier_name="Y"),
        "O Procon corrigiu a empresa: de X para Y.",
    ),
    (
        AnswerMissed(case_id=CASE, supplier_name="X"),
        "X não respondeu no prazo. O Procon vai decidir o próximo passo.",
    ),
    (
        AnswerSubmitted(case_id=CASE, sha256="ab", late=True, files=1),
        "A empresa respondeu depois do prazo. Enviou 1 arquivo.",
    ),
    (
        WrongCompanyDeclared(case_id=CASE, text="t"),
        "Quem recebeu o aviso disse que a reclamação não é da sua empresa. O Procon vai conferir.",
    ),
    (
        AnswerRated(case_id=CASE, solved=True, stars=5, why=""),
        "O consumidor disse que o problema foi resolvido e deu nota 5 de 5.",
    ),
    (
        RatingExpired(case_id=CASE),
        "O prazo para avaliar terminou e o processo foi encerrado sem avaliação."
        " Isso não quer dizer que o problema foi resolvido.",
    ),
    (
        FileAdded(case_id=CASE, name="nota.pdf", sha256="ab", size=812),
        "O arquivo “nota.pdf” (812 bytes) entrou no processo.",
    ),
    (
        CaseMoved(
            case_id=CASE,
            procedure="standard/1",
            transition="appeal",
            before="decided",
            after="appealed",
            sentence="Uma das partes recorreu da decisão.",
            act="Recurso",
            norm="n",
        ),
        "Uma das partes recorreu da decisão.",
    ),
    (
        ActRecorded(case_id=CASE, topic="t", sentence="X passou a representar Y.", act="a"),
        "X passou a representar Y.",
    ),
)


def test_no_event_is_without_words() -> None:
    assert {type(event) for event, _ in EVENTS} == set(get_args(CaseEvent))


@pytest.mark.parametrize(("event", "sentence"), EVENTS)
def test_sentence(event: Event, sentence: str) -> None:
    told = telling_of(event, ZoneInfo(TZ))
    assert told.sentence == sentence
    assert told.act != ""


def test_only_a_note_is_markup_and_it_is_escaped() -> None:
    marked = [
        event for event, _ in EVENTS if isinstance(telling_of(event, ZoneInfo(TZ)).sentence, Markup)
    ]
    assert [type(event) for event in marked] == [NoteWritten]


def test_timeline_is_newest_first_and_names_who() -> None:
    now = datetime(2026, 11, 25, 15, 0, tzinfo=UTC)
    acts = (
        Act(1, now, "citizen:", "Ana", EVENTS[0][0]),  # type: ignore[arg-type]  # a CaseEvent
        Act(2, now + timedelta(hours=1), "system:", "Sistema", RatingExpired(case_id=CASE)),
    )
    lines = timeline_of([Entry(act, f"h{act.seq}") for act in acts], TZ)
    assert [(line.hash, line.author, line.internal) for line in lines] == [
        ("h2", "Sistema", False),
        ("h1", "Ana (consumidor)", False),
    ]


def test_status_words() -> None:
    assert status_label("answered", "SEM_RESPOSTA") == StatusLabel(
        "Respondido, falta a avaliação", "waiting"
    )
    assert status_label("closed", "SEM_AVALIACAO") == StatusLabel(
        "Encerrado: sem avaliação", "neutral"
    )


@pytest.mark.parametrize(
    ("hours_before", "text", "state"),
    [
        (72, "Faltam 3 dias", "no prazo"),
        (24, "Falta 1 dia", "no prazo"),
        (0, "Vence hoje", "vence hoje"),
        (-1, "Venceu há 1 dia", "vencido"),
        (-48, "Venceu há 2 dias", "vencido"),
    ],
)
def test_deadline_badge(hours_before: int, text: str, state: str) -> None:
    now = DUE - timedelta(hours=hours_before)
    badge = badge_of(DUE, "cip_issued", now=now, tz=TZ)
    assert badge == DeadlineBadge(text, state, "até 07/12/2026 às 23h59")


def test_no_badge_when_nothing_runs() -> None:
    assert badge_of(None, "triage", now=DUE, tz=TZ) is None
    assert badge_of(DUE, "closed", now=DUE, tz=TZ) is None


def test_typed_leaves_out_what_it_does_not_know() -> None:
    assert typed({"nota": "x", "papel": "y", "motivo": 3}) == Typed(nota="x")


def test_note_of_the_greatest_length_and_one_more() -> None:
    assert parse_note(Typed(nota="a" * TEXT_MOST)) == "a" * TEXT_MOST
    with pytest.raises(Invalid) as refused:
        parse_note(Typed(nota="a" * (TEXT_MOST + 1)))
    assert refused.value.fields == {
        "nota": "O texto passou do limite em 1 caractere. Escreva menos."
    }


def test_redirection_names_all_that_is_wrong() -> None:
    with pytest.raises(Invalid) as refused:
        parse_redirection(Typed(orgao="x", explicacao=""))
    assert set(refused.value.fields) == {"orgao", "explicacao"}


def test_redirection_bodies() -> None:
    assert parse_redirection(Typed(orgao="ans", explicacao="e")) == Redirection(BODIES["ans"], "e")
    other = Typed(orgao="outro", qual_orgao=" CVM ", explicacao="e")
    assert parse_redirection(other) == Redirection("CVM", "e")


@pytest.mark.parametrize("value", ["", "x", "1' OR 1=1"])
def test_distribution_to_nobody(value: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_distribution(Typed(responsavel=value))
    assert refused.value.fields == {"responsavel": "Escolha quem fica responsável."}
