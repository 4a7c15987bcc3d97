"""The made-up people of the demonstration: one per role and per gov.br level."""

from __future__ import annotations

import random
from typing import Literal

from msgspec import Struct

from procon.kernel.documents import complete_cnpj, complete_cpf

SEED = 20261125
OPERATOR_REALM = "plataforma"

Level = Literal["", "bronze", "silver", "gold"]

LEVEL_NAMES = {"bronze": "Bronze", "silver": "Prata", "gold": "Ouro"}


class Persona(Struct, frozen=True, forbid_unknown_fields=True):
    """One person who can be chosen on the sign-in page.

    Attributes:
        key: what `login_hint` names.
        title: the role, as the page shows it.
        note: one sentence on what this persona is for.
        sub: subject the provider asserts; for people the CPF.
        cnpj: set for who signs in with a company's certificate (e-CNPJ).
        links: CNPJ, name and part of each company that gov.br ties to this person.
        groups: the staff provider's groups, which a city's `role_map` turns into roles.
    """

    key: str
    title: str
    note: str
    name: str
    sub: str
    email: str
    phone: str = ""
    social_name: str = ""
    level: Level = ""
    amr: tuple[str, ...] = ("passwd", "otp", "mfa")
    cnpj: str = ""
    company: str = ""
    links: tuple[tuple[str, str, str], ...] = ()
    groups: tuple[str, ...] = ()


def people() -> tuple[Persona, ...]:
    """Who signs in with gov.br. The same people, with the same documents, on every run."""
    chance = random.Random(SEED)  # noqa: S311  # made-up people, not secrets
    cpfs = [complete_cpf(f"{chance.randrange(10**9):09d}") for _ in range(7)]
    cnpj = complete_cnpj(f"{chance.randrange(10**8):08d}0001")
    return (
        Persona(
            key="consumer",
            title="Consumidora",
            note="Conta prata: pode reclamar, responder e assinar acordo.",
            name="Marina Duarte Queiroz",
            sub=cpfs[0],
            email="marina.queiroz@exemplo.test",
            phone="+5519912340001",
            level="silver",
        ),
        Persona(
            key="consumer2",
            title="Consumidor",
            note="Conta bronze, só com senha: mostra o que pede um nível maior.",
            name="João Batista Alencar",
            sub=cpfs[1],
            email="joao.alencar@exemplo.test",
            phone="+5531912340002",
            level="bronze",
            amr=("passwd",),
        ),
        Persona(
            key="consumer3",
            title="Consumidora com nome social",
            note="Conta ouro, com nome social no gov.br.",
            name="Carlos Alberto Nogueira Prado",
            social_name="Clara Nogueira Prado",
            sub=cpfs[2],
            email="clara.prado@exemplo.test",
            phone="+5519912340003",
            level="gold",
        ),
        Persona(
            key="supplier",
            title="Fornecedor",
            note="Entra com o certificado digital da empresa (e-CNPJ).",
            name="Renata Figueira Lopes",
            sub=cpfs[3],
            email="atendimento@lojaslumiar.test",
            phone="+5511912340004",
            level="gold",
            amr=("x509",),
            cnpj=cnpj,
            company="LOJAS LUMIAR COMERCIO DE ELETRONICOS LTDA",
        ),
        Persona(
            key="partner",
            title="Sócia de empresa",
            note="Entra com a conta dela; o gov.br diz de qual empresa é sócia.",
            name="Helena Figueira Lopes",
            sub=cpfs[5],
            email="helena.lopes@lojaslumiar.test",
            phone="+5511912340006",
            level="gold",
            links=((cnpj, "LOJAS LUMIAR COMERCIO DE ELETRONICOS LTDA", "SOCIO"),),
        ),
        *_rarer(cpfs[4]),
    )


def _rarer(lawyer_cpf: str) -> tuple[Persona, ...]:
    return (
        Persona(
            key="lawyer",
            title="Advogado",
            note="Conta ouro: junta procuração e acompanha o processo do cliente.",
            name="Otávio Siqueira Brandão",
            sub=lawyer_cpf,
            email="otavio.brandao@advocacia.test",
            phone="+5511912340005",
            level="gold",
            amr=("x509",),
        ),
        Persona(
            key="nocpf",
            title="Conta sem CPF",
            note="O provedor não informa o CPF: mostra o aviso que a pessoa recebe.",
            name="Conta Incompleta",
            sub="sem-cpf",
            email="incompleta@exemplo.test",
            level="bronze",
            amr=("passwd",),
        ),
    )


class _Role(Struct, frozen=True):
    key: str
    title: str
    note: str
    group: str


_STAFF = (
    _Role(
        "attendant", "Atendente", "Registra casos no balcão e no posto móvel.", "procon-atendimento"
    ),
    _Role(
        "analyst", "Analista", "Faz a triagem, emite a CIP e acompanha prazos.", "procon-analise"
    ),
    _Role("conciliator", "Conciliador", "Conduz audiências e acordos.", "procon-conciliacao"),
    _Role("inspector", "Fiscal", "Faz vistorias e lavra autos na rua.", "procon-fiscalizacao"),
    _Role("authority", "Autoridade julgadora", "Decide e assina.", "procon-autoridade"),
    _Role(
        "cityadmin",
        "Administração do Procon",
        "Cuida de pessoas e ajustes.",
        "procon-administracao",
    ),
)
_OPERATOR = _Role(
    "vendor",
    "Equipe da plataforma",
    "Cuida do serviço para todas as cidades.",
    "plataforma-operacao",
)

_FIRST = (
    "Ana",
    "Bruno",
    "Cecília",
    "Davi",
    "Elisa",
    "Fábio",
    "Gabriela",
    "Heitor",
    "Isabel",
    "Jonas",
    "Lívia",
    "Marcos",
    "Natália",
    "Paulo",
    "Rita",
    "Sérgio",
    "Tainá",
    "Vitor",
)
_LAST = (
    "Abreu",
    "Barros",
    "Camargo",
    "Dantas",
    "Esteves",
    "Furtado",
    "Goulart",
    "Junqueira",
    "Lacerda",
    "Macedo",
    "Negreiros",
    "Ourique",
    "Pimenta",
    "Rezende",
    "Sampaio",
    "Toledo",
)


def staff(realm: str) -> tuple[Persona, ...]:
    """Who signs in with the provider of `realm`: a city's slug, or the platform's operator.

    Every realm has its own people, so one city's staff never turns up in another's.
    """
    chance = random.Random(f"{SEED}:{realm}")  # noqa: S311  # made-up people, not secrets
    roles = (_OPERATOR,) if realm == OPERATOR_REALM else _STAFF
    first = chance.sample(_FIRST, len(roles))
    last = chance.sample(_LAST, len(roles))
    return tuple(
        Persona(
            key=role.key,
            title=role.title,
            note=role.note,
            name=f"{first[n]} {last[n]}",
            sub=f"{realm}-{role.key}-{chance.randrange(16**8):08x}",
            email=f"{role.key}@{realm}.test",
            amr=("pwd", "otp"),
            groups=(role.group,),
        )
        for n, role in enumerate(roles)
    )


def personas(realm: str | None) -> tuple[Persona, ...]:
    """Those who can sign in at `realm`; None is gov.br."""
    return people() if realm is None else staff(realm)


def find(realm: str | None, key: str) -> Persona | None:
    """The persona that `login_hint` names, or None."""
    return next((one for one in personas(realm) if one.key == key), None)
