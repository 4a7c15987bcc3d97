"""Who is told of what happens: handlers of events, the delivery itself, and presumed readings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from jinja2 import Environment
from msgspec import Struct

from procon.auth.companies.queries import immediate_members
from procon.auth.mandates.queries import recipients_of
from procon.cases.access import told_supplier
from procon.cases.moves import workflow_of
from procon.cases.pages import telling_of
from procon.cases.queries import CaseDetail, detail_by_id
from procon.ext.events import ActRecorded, CaseMoved, Event, SupplierCorrected, is_internal, kind_of
from procon.jobs.outbox import Handler, Work
from procon.notices.commands import SEND_TOPIC, Addressee, PartySide, Told, tell_side
from procon.notices.mail.message import Returned, hand_over
from procon.notices.outcomes import mark_sent, presume_read, set_aside, take_bounce
from procon.notices.queries import waiting_message
from procon.tenancy.manifest import Tenant
from procon.tenancy.scope import Database, Tx, tenant_scope

PARTIES: tuple[PartySide, ...] = ("consumer", "supplier")
# Where each side has its page of a case.
OWN_PAGE: Mapping[PartySide, str] = MappingProxyType(
    {"consumer": "/processos", "supplier": "/fornecedor/processos"}
)

LAWYERS_PAGE = "/advogado/processos"
_BLANK_LINES = re.compile(r"\n{3,}")


class Post(Struct, frozen=True):
    """What the mail needs from the installation."""

    smtp_host: str
    smtp_port: int
    address_of: Callable[[str, str], str]
    code_of: Callable[[str, UUID, int], str]
    texts: Environment


class Letter(Struct, frozen=True):
    """An e-mail about a case: its text template, to which side, with which subject line.

    `formal`: a deadline or a duty hangs on it. `urgent`: goes out at night too.
    """

    template: str
    side: PartySide
    subject: str
    formal: bool = False
    urgent: bool = True


LETTERS: Mapping[str, Letter] = MappingProxyType(
    {
        "case_opened": Letter("opened.txt", "consumer", "Recebemos sua reclamação {number}"),
        "case_returned": Letter(
            "returned.txt", "consumer", "Falta algo na sua reclamação {number}", formal=True
        ),
        "case_redirected": Letter(
            "redirected.txt", "consumer", "Quem pode ajudar no seu caso {number}"
        ),
        "cip_issued": Letter(
            "cip.txt", "supplier", "Carta de Informações Preliminares {number}", formal=True
        ),
        "answer_submitted": Letter(
            "answered.txt", "consumer", "A empresa respondeu: {number}", formal=True
        ),
        "answer_missed": Letter(
            "missed.txt", "consumer", "A empresa não respondeu: {number}", urgent=False
        ),
        "answer_rated": Letter(
            "rated.txt", "supplier", "O consumidor avaliou a resposta: {number}", urgent=False
        ),
        "rating_expired": Letter(
            "expired.txt", "consumer", "Processo encerrado sem avaliação: {number}", urgent=False
        ),
    }
)


class _Desk(Struct, frozen=True):
    """What a text is written from."""

    work: Work
    post: Post
    case: CaseDetail

    def facts(self, side: PartySide, to: Addressee) -> dict[str, Any]:
        """Case and addresses. Only the company's own address gets the access code."""
        case, tenant = self.case, self.work.tenant
        page = LAWYERS_PAGE if to.role == "lawyer" else OWN_PAGE[side]
        own = side == "supplier" and to.email == case.supplier_email and case.cip_round > 0
        return {
            "case": case,
            "tenant": tenant,
            "name": to.name,
            "case_url": self.post.address_of(tenant.host, f"{page}/{case.number}"),
            "supplier_url": self.post.address_of(tenant.host, "/fornecedor"),
            "page_url": self.post.address_of(tenant.host, f"{page}/{case.number}"),
            "code": self.post.code_of(tenant.slug, case.id, case.cip_round) if own else "",
        }


def handlers(post: Post) -> dict[str, Handler]:
    """Topic → handler: one for each event that somebody is told of, and the delivery itself."""

    async def tell(work: Work) -> None:
        await _tell(work, post)

    async def send(work: Work) -> None:
        await _send(work, post)

    kinds = (*LETTERS, "case_moved", "act_recorded")
    telling: dict[str, Handler] = {f"{kind}/tell": tell for kind in kinds}
    return {**telling, SEND_TOPIC: send, "supplier_corrected/notices": _forget_company}


async def tacit(db: Database, tenant: Tenant) -> int:
    """One round of the sweep: what nobody opened in the time of the rule counts as read.

    Returns:
        How many acts changed.
    """
    async with tenant_scope(db, tenant) as tx:
        return await presume_read(tx)


async def people_of(tx: Tx, case: CaseDetail, side: PartySide) -> tuple[Addressee, ...]:
    """Everybody of a side who is told; of a company also the members who want it at once."""
    found = [
        Addressee(one.name, one.email, one.role)
        for one in await recipients_of(tx, case=case, side=side)
    ]
    if side == "supplier":
        known = {one.email.lower() for one in found}
        members = await immediate_members(tx, cnpj=case.supplier_cnpj)
        found += [
            Addressee(one.name, one.email, "member")
            for one in members
            if one.email.lower() not in known
        ]
    return tuple(found)


async def _forget_company(work: Work) -> None:
    """The complaint was against another company: what the first one was told counts no more."""
    event = work.event()
    if isinstance(event, SupplierCorrected):
        async with tenant_scope(work.db, work.tenant) as tx:
            put_out_as = work.effect_key.removesuffix(f"/{work.topic}")
            await set_aside(tx, case_id=event.case_id, corrected_as=put_out_as)


async def _tell(work: Work, post: Post) -> None:
    """Notices and e-mails of one event. Their keys come from the effect key: again, no effect."""
    event = work.event()
    async with tenant_scope(work.db, work.tenant) as tx:
        case = await detail_by_id(tx, event.case_id)
        if case is None or is_internal(event):
            return
        desk = _Desk(work, post, case)
        if isinstance(event, CaseMoved | ActRecorded):
            for side in PARTIES:
                # A company hears of nothing before the case has reached it.
                if side in event.tells and (side == "consumer" or told_supplier(case)):
                    await _tell_act(tx, desk, event, side)
        else:
            await _tell_letter(tx, desk, event)


async def _tell_letter(tx: Tx, desk: _Desk, event: Event) -> None:
    letter, case = LETTERS[kind_of(event)], desk.case
    template = desk.post.texts.get_template(f"notices/{letter.template}")
    told = Told(
        source=desk.work.effect_key,
        case_id=case.id,
        side=letter.side,
        act=kind_of(event),
        subject=letter.subject.format(number=case.number),
        summary=telling_of(event, ZoneInfo(desk.work.tenant.timezone)).sentence,
        formal=letter.formal,
        urgent=letter.urgent,
    )

    def body(to: Addressee) -> str:
        return template.render(event=event, **desk.facts(letter.side, to))

    await tell_side(tx, told=told, people=await people_of(tx, case, letter.side), body_of=body)


async def _tell_act(tx: Tx, desk: _Desk, event: CaseMoved | ActRecorded, side: PartySide) -> None:
    case, template = desk.case, desk.post.texts.get_template("notices/told.txt")
    moved = isinstance(event, CaseMoved)
    formal = isinstance(event, CaseMoved) and bool(event.due_at or event.letter)
    told = Told(
        source=desk.work.effect_key,
        case_id=case.id,
        side=side,
        act=event.transition if isinstance(event, CaseMoved) else event.topic,
        subject=f"{event.act}: processo {case.number}",
        summary=event.sentence,
        formal=formal,
        urgent=formal,
    )
    state = (
        workflow_of(event.procedure).state(event.after) if isinstance(event, CaseMoved) else None
    )

    def body(to: Addressee) -> str:
        text = template.render(
            event=event,
            moved=moved,
            next_title=(state.party_title or state.next_title) if state else "",
            next_text=(state.party_text or state.next_text) if state else "",
            **desk.facts(side, to),
        )
        return _BLANK_LINES.sub("\n\n", text)

    await tell_side(tx, told=told, people=await people_of(tx, case, side), body_of=body)


async def _send(work: Work, post: Post) -> None:
    """Hand one message to the mail server. Its Message-ID is its row's, so that a mail system that
    gets it twice can tell.
    """
    message_id = UUID(work.payload.strip('"'))
    async with tenant_scope(work.db, work.tenant) as tx:
        found = await waiting_message(tx, message_id)
    if found is None:
        return
    try:
        await hand_over(work.tenant, found, host=post.smtp_host, port=post.smtp_port)
    except Returned as refusal:
        async with tenant_scope(work.db, work.tenant) as tx:
            await take_bounce(tx, token=found.token, reason=str(refusal))
        return
    async with tenant_scope(work.db, work.tenant) as tx:
        await mark_sent(tx, message_id)
