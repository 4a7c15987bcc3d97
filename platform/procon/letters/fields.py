"""The closed list of fields that a document's words may hold, and what each says of a case."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from procon.cases.queries import CaseDetail
from procon.cases.taxonomy import subject_title
from procon.kernel.documents import format_cnpj, mask_cpf
from procon.kernel.money import format_brl
from procon.portal.render import date_and_hour, long_date
from procon.tenancy.manifest import Tenant

Type = Literal["texto", "data", "data e hora", "valor", "número", "lista"]


class Deed(Struct, frozen=True):
    """The act that a document is of.

    `author` acted; `signer` answers for the document, "" when the system made it. `due_at`: end of
    the deadline that the act starts, UTC.
    """

    at: datetime
    name: str = ""
    text: str = ""
    norm: str = ""
    author: str = ""
    signer: str = ""
    result: str = ""
    due_at: datetime | None = None
    explanation: str = ""


class Facts(Struct, frozen=True):
    """Everything that fields may speak of.

    `url`: absolute address of a path on the city's host. `more`: field name → text, for what only
    the slice that asks for the letter knows (hearing, agreement, notice).
    """

    tenant: Tenant
    case: CaseDetail
    deed: Deed
    url: Callable[[str], str]
    more: Mapping[str, str] = MappingProxyType({})

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.tenant.timezone)


class Field(Struct, frozen=True):
    """One field: what people see of it, and its text in a case ("" when there is none)."""

    name: str
    title: str
    example: str
    type: Type
    value: Callable[[Facts], str]


def _day(facts: Facts, moment: datetime | None) -> str:
    return "" if moment is None else long_date(moment.astimezone(facts.zone).date())


def _hour(facts: Facts, moment: datetime | None) -> str:
    return "" if moment is None else date_and_hour(moment, facts.zone)


def _cnpj(facts: Facts) -> str:
    return format_cnpj(facts.case.supplier_cnpj) if facts.case.supplier_cnpj else ""


def _amount(facts: Facts) -> str:
    return "" if facts.case.amount is None else format_brl(facts.case.amount)


def _shown(facts: Facts, path: str) -> str:
    """An address as it is printed, without its scheme."""
    return facts.url(path).split("://", 1)[-1]


def _given(_facts: Facts) -> str:
    """Only the slice that asks for the letter knows it."""
    return ""


# A name is never taken away: the cities' own texts hold it.
_ALL = (
    Field(
        "processo.numero", "Número do processo", "2026.000123-4", "texto", lambda f: f.case.number
    ),
    Field(
        "processo.aberto_em",
        "Data do registro da reclamação",
        "20 de novembro de 2026",
        "data",
        lambda f: _day(f, f.case.created_at),
    ),
    Field(
        "processo.assunto",
        "Assunto da reclamação",
        "Eletrodoméstico",
        "texto",
        lambda f: subject_title(f.case.subject),
    ),
    Field(
        "processo.relato",
        "O que o consumidor contou",
        "Comprei uma geladeira, que não foi entregue.",
        "texto",
        lambda f: f.case.narrative,
    ),
    Field(
        "processo.pedido",
        "O que o consumidor pede",
        "Receber a geladeira.",
        "texto",
        lambda f: f.case.wish,
    ),
    Field("processo.valor", "Valor envolvido", "R$ 2.400,00", "valor", _amount),
    Field(
        "processo.endereco",
        "Página do processo, para o consumidor",
        "procon.cidade.example/processos/2026.000123-4",
        "texto",
        lambda f: _shown(f, f"/processos/{f.case.number}"),
    ),
    Field(
        "processo.reclamacao",
        "Número da reclamação (processo administrativo)",
        "15/2026",
        "texto",
        lambda f: f.case.complaint_number,
    ),
    Field(
        "fornecedor.entrada",
        "Página em que a empresa responde",
        "procon.cidade.example/fornecedor",
        "texto",
        lambda f: _shown(f, "/fornecedor"),
    ),
    Field(
        "consumidor.nome",
        "Nome do consumidor",
        "Maria Aparecida de Souza",
        "texto",
        lambda f: f.case.person_name,
    ),
    Field(
        "consumidor.cpf_oculto",
        "CPF do consumidor, só os números do meio",
        "***.982.247-**",
        "número",
        lambda f: mask_cpf(f.case.person_cpf) if f.case.person_cpf else "",
    ),
    Field(
        "fornecedor.nome",
        "Nome da empresa",
        "Lojas Boa Compra Ltda.",
        "texto",
        lambda f: f.case.supplier_name,
    ),
    Field("fornecedor.cnpj", "CNPJ da empresa", "11.222.333/0001-81", "número", _cnpj),
    Field("cidade.nome", "Nome da cidade", "Vila das Flores", "texto", lambda f: f.tenant.city),
    Field("cidade.uf", "Sigla do Estado", "SP", "texto", lambda f: f.tenant.uf),
    Field(
        "procon.nome", "Nome do Procon", "Procon Vila das Flores", "texto", lambda f: f.tenant.name
    ),
    Field(
        "procon.endereco",
        "Endereço do Procon",
        "Avenida das Palmeiras, 1200",
        "texto",
        lambda f: f.tenant.contacts.address,
    ),
    Field(
        "procon.telefone",
        "Telefone do Procon",
        "(19) 3333-1510",
        "texto",
        lambda f: f.tenant.contacts.phone,
    ),
    Field(
        "documento.data",
        "Data do documento",
        "25 de novembro de 2026",
        "data",
        lambda f: _day(f, f.deed.at),
    ),
    Field("ato.nome", "Nome do ato", "Notificação para resposta", "texto", lambda f: f.deed.name),
    Field(
        "ato.texto",
        "O que a equipe escreveu ao praticar o ato",
        "Explique por que o produto não foi entregue.",
        "texto",
        lambda f: f.deed.text,
    ),
    Field(
        "ato.norma",
        "Norma em que o ato se apoia",
        "Decreto nº 2.181/1997, art. 33",
        "texto",
        lambda f: f.deed.norm,
    ),
    Field("ato.autor", "Quem praticou o ato", "Ana Beatriz Lima", "texto", lambda f: f.deed.author),
    Field(
        "prazo.data",
        "Fim do prazo",
        "07/12/2026 às 23h59",
        "data e hora",
        lambda f: _hour(f, f.deed.due_at),
    ),
    Field(
        "prazo.como_contamos",
        "Como o prazo foi contado",
        "São 10 dias corridos, que começam em 26/11/2026.",
        "texto",
        lambda f: f.deed.explanation,
    ),
    Field(
        "decisao.resultado",
        "Resultado da decisão ou do encerramento",
        "Reclamação fundamentada não atendida",
        "texto",
        lambda f: f.deed.result,
    ),
    Field(
        "audiencia.data",
        "Dia e hora da audiência",
        "10/12/2026 às 14h00",
        "data e hora",
        lambda f: _hour(f, f.deed.due_at),
    ),
    Field(
        "audiencia.local",
        "Onde é a audiência: sala ou endereço do vídeo",
        "Sala 2, Avenida das Palmeiras, 1200",
        "texto",
        _given,
    ),
    Field("audiencia.conciliador", "Quem conduz a audiência", "José Carlos Prado", "texto", _given),
    Field(
        "acordo.texto",
        "O que as partes combinaram",
        "A empresa devolve o valor pago.",
        "texto",
        lambda f: f.deed.text,
    ),
    Field(
        "acordo.parcelas",
        "Parcelas do acordo, uma por linha",
        "1ª parcela: R$ 800,00 até 10/12/2026\n2ª parcela: R$ 800,00 até 10/01/2027",
        "lista",
        _given,
    ),
    Field("acordo.valor", "Valor total do acordo", "R$ 1.600,00", "valor", _given),
    Field("aviso.meio", "Por onde a notificação foi mandada", "Carta com AR", "texto", _given),
    Field("aviso.endereco", "Para onde foi mandada", "Rua das Acácias, 50", "texto", _given),
    Field("aviso.enviado_em", "Quando foi mandada", "25/11/2026 às 10h00", "data e hora", _given),
    Field("aviso.recebido_em", "Quando foi recebida", "27/11/2026 às 15h20", "data e hora", _given),
    Field("aviso.rastreio", "Código de rastreio dos Correios", "BR123456785BR", "texto", _given),
    Field("aviso.resultado", "O que aconteceu com a notificação", "Recebida", "texto", _given),
    Field(
        "destinatario.nome",
        "A quem o documento vai",
        "Lojas Boa Compra Ltda.",
        "texto",
        lambda f: f.case.supplier_name,
    ),
    Field(
        "destinatario.endereco",
        "Endereço do destinatário, uma linha por linha",
        "Rua das Acácias, 50\nCentro\n13010-000 Vila das Flores – SP",
        "lista",
        _given,
    ),
    Field(
        "protocolo.codigo",
        "Código (SHA-256) do que a parte enviou",
        "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "texto",
        _given,
    ),
    Field("protocolo.prazo", "Se chegou no prazo", "Dentro do prazo", "texto", _given),
    Field("protocolo.arquivos", "Quantos arquivos vieram junto", "2 arquivos", "texto", _given),
    Field(
        "documento.momento",
        "Dia e hora do documento",
        "25/11/2026 às 14h05",
        "data e hora",
        lambda f: _hour(f, f.deed.at),
    ),
)

FIELDS: Mapping[str, Field] = MappingProxyType({field.name: field for field in _ALL})
LISTS = frozenset(field.name for field in _ALL if field.type == "lista")
EXAMPLES: Mapping[str, str] = MappingProxyType({field.name: field.example for field in _ALL})


def values(facts: Facts, names: frozenset[str]) -> dict[str, str]:
    """The text of each field of `names`; what `facts.more` says goes first.

    Raises:
        KeyError: no such field, in `names` or in `facts.more`.
    """
    for name in facts.more:
        FIELDS[name]
    return {name: facts.more.get(name) or FIELDS[name].value(facts) for name in names}
