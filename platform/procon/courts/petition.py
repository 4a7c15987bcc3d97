"""The text that goes to the court, filled from the case, and everything that goes with it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from procon.agreements.queries import AgreementRow, agreement_of_case
from procon.answers.queries import answers_of_case
from procon.cases.log import entries
from procon.cases.pages import telling_of
from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.courts.queries import Facts, FileRef
from procon.evidence.queries import files_of_case
from procon.ext.ports import CourtParty, HandoverKind
from procon.kernel.chain import canonical
from procon.kernel.documents import format_cnpj, format_cpf
from procon.kernel.money import format_brl
from procon.letters.autos.queries import latest_autos, letter_of
from procon.letters.commands import letter_key
from procon.letters.wording.documents import AUTOS_TITLE
from procon.tenancy.scope import Tx

FILES_MOST = 60 * 1024 * 1024
TITLES: Mapping[str, str] = MappingProxyType(
    {"petition": "Petição inicial", "agreement": "Pedido de homologação de acordo"}
)
CODES: Mapping[str, str] = MappingProxyType({"petition": "PET", "agreement": "HOM"})
_SENT_LATER = "ficou de fora por ser grande demais; está guardado no Procon"


async def first_text(tx: Tx, case: CaseDetail, kind: HandoverKind) -> str:
    """The text as the case itself gives it; the staff read and change it."""
    zone = ZoneInfo(tx.tenant.timezone)
    head = [
        f"Ao Juízo do Juizado Especial Cível da Comarca de {tx.tenant.city}/{tx.tenant.uf}",
        f"Processo administrativo nº {case.number} – {tx.tenant.name}",
    ]
    if kind == "agreement":
        agreement = await agreement_of_case(tx, case.id)
        body = _agreement(case, agreement, zone)
    else:
        body = await _petition(tx, case, zone)
    end = f"{tx.tenant.city}, {tx.now.astimezone(zone):%d/%m/%Y}."
    return "\n\n".join((*head, _parties(case), *body, end, case.person_name))


async def facts_of(tx: Tx, case: CaseDetail) -> Facts:
    """Parties and files as they are now; the whole case as one PDF when it has been made."""
    files, total, left_out = [], 0, []
    autos = await latest_autos(tx, case.id)
    letter = await letter_of(tx, autos) if autos is not None else None
    if letter is not None:
        files.append(
            FileRef(
                "AUTOS",
                "autos.pdf",
                AUTOS_TITLE,
                "application/pdf",
                letter_key(tx.tenant.slug, letter.id),
                letter.size,
                letter.sha256.hex(),
            )
        )
    total = sum(one.size for one in files)
    for file in await files_of_case(tx, case.id):
        if file.state != "kept":
            continue
        size = file.size or 0
        if total + size > FILES_MOST:
            left_out.append(f"{file.name} (SHA-256 {file.sha256}) {_SENT_LATER}")
            continue
        total += size
        files.append(
            FileRef(
                "EVID",
                file.name,
                file.name,
                file.media_type,
                file.object_key,
                size,
                file.sha256,
            )
        )
    return Facts(
        author=CourtParty(
            case.person_name, case.person_cpf, False, case.person_email, case.person_phone
        ),
        defendant=CourtParty(
            case.supplier_name, case.supplier_cnpj or "", True, case.supplier_email
        ),
        subject=case.subject,
        files=tuple(files),
        left_out=tuple(left_out),
    )


def fingerprint(
    *, kind: HandoverKind, number: str, text: str, value: Decimal | None, facts: Facts
) -> tuple[str, str]:
    """The facts as canonical JSON, and the SHA-256 (hexadecimal) of everything that is sent."""
    plain = msgspec.to_builtins(facts)
    whole = {
        "kind": kind,
        "case": number,
        "text": text,
        "value": "" if value is None else str(value),
        "facts": plain,
    }
    return canonical(plain).decode(), hashlib.sha256(canonical(whole)).hexdigest()


async def _petition(tx: Tx, case: CaseDetail, zone: ZoneInfo) -> list[str]:
    paragraphs = ["DOS FATOS", case.narrative]
    if case.happened_on:
        paragraphs.append(f"Os fatos são de {case.happened_on:%d/%m/%Y}.")
    if case.tried:
        paragraphs.append(f"Antes de procurar o Procon, o consumidor tentou resolver: {case.tried}")
    if case.sac_protocol:
        paragraphs.append(f"Protocolo do atendimento da empresa: {case.sac_protocol}.")
    paragraphs += ["DO PROCEDIMENTO NO PROCON", *await _history(tx, case, zone)]
    answers = await answers_of_case(tx, case.id)
    if answers:
        paragraphs.append(f"A empresa respondeu: {answers[-1].text}")
    paragraphs += [
        "DO DIREITO",
        "A relação é de consumo (arts. 2º e 3º da Lei 8.078/1990). São direitos básicos do"
        " consumidor a reparação de danos e a facilitação da defesa de seus direitos (art. 6º, VI"
        " e VIII, da mesma lei). O Juizado Especial Cível é competente pelo valor da causa (art."
        " 3º, I, da Lei 9.099/1995).",
        "DOS PEDIDOS",
        f"O consumidor pede: {case.wish}",
        "Pede também a citação da empresa e a inversão do ônus da prova (art. 6º, VIII, da Lei"
        " 8.078/1990), e junta como prova o que foi reunido no Procon.",
    ]
    if case.amount is not None:
        paragraphs.append(f"Valor da causa: {format_brl(case.amount)}.")
    return paragraphs


async def _history(tx: Tx, case: CaseDetail, zone: ZoneInfo) -> list[str]:
    """What happened, one line for each act that both parties see."""
    lines = []
    for entry in await entries(tx, case.id, internal=False):
        told = telling_of(entry.act.event, zone)
        lines.append(f"{entry.act.at.astimezone(zone):%d/%m/%Y}: {told.act}. {told.sentence}")
    return ["\n".join(lines)]


def _agreement(case: CaseDetail, agreement: AgreementRow | None, zone: ZoneInfo) -> list[str]:
    paragraphs = ["DO ACORDO"]
    if agreement is not None:
        paragraphs.append(
            f"Em {agreement.agreed_at.astimezone(zone):%d/%m/%Y}, no processo administrativo"
            f" sobre {subject_title(case.subject).lower()}, as partes fizeram este acordo:"
        )
        paragraphs.append(agreement.text)
        dates = [
            f"{one.due_on:%d/%m/%Y}: {format_brl(one.amount) if one.amount else one.what}"
            for one in agreement.instalments
        ]
        paragraphs += ["\n".join(dates)] if dates else []
        if agreement.total is not None:
            paragraphs.append(f"Valor total: {format_brl(agreement.total)}.")
    return [
        *paragraphs,
        "DO PEDIDO",
        "As partes pedem a homologação do acordo, para que valha como título executivo judicial"
        " (art. 57 da Lei 9.099/1995 e art. 515, III, do Código de Processo Civil).",
    ]


def _parties(case: CaseDetail) -> str:
    author = [case.person_name]
    if case.person_cpf:
        author.append(f"CPF {format_cpf(case.person_cpf)}")
    author += [one for one in (case.person_email, case.person_phone) if one]
    defendant = [case.supplier_name]
    if case.supplier_cnpj:
        defendant.append(f"CNPJ {format_cnpj(case.supplier_cnpj)}")
    defendant += [case.supplier_email] if case.supplier_email else []
    return f"Consumidor: {', '.join(author)}\nEmpresa: {', '.join(defendant)}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """A moment as the texts of this slice say it."""
    return f"{at.astimezone(zone):%d/%m/%Y às %Hh%M}"
