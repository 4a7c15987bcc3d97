"""How many days each act has. Amounts are the city's to set, inside bounds that are not."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct

from procon.kernel.errors import Refused
from procon.tenancy.manifest import DeadlineOverride, Tenant

# "minutos" is a threshold (how long an outage must last to matter), never a count of days.
Unit = Literal["corridos", "uteis", "minutos"]
Start = Literal["next_working_day", "next_day"]

UNIT_NAMES: Mapping[Unit, str] = MappingProxyType(
    {"corridos": "dias corridos", "uteis": "dias úteis", "minutos": "minutos"}
)
START_NAMES: Mapping[Start, str] = MappingProxyType(
    {
        "next_working_day": "No primeiro dia útil depois do aviso",
        "next_day": "No dia seguinte ao do aviso",
    }
)
OUTAGE = "outage_minutes"


class Rule(Struct, frozen=True, forbid_unknown_fields=True):
    """One kind of deadline. `amount`, `least` and `most` are days in the rule's unit.

    `title` is what a person reads; `version` and `legal_basis` are stored with each deadline.
    `own_course` says whether a city may choose from when it runs and whether its recess stops it.
    """

    key: str
    title: str
    amount: int
    least: int
    most: int
    legal_basis: str
    unit: Unit = "corridos"
    units: tuple[Unit, ...] = ("corridos", "uteis")
    start: Start = "next_working_day"
    suspended_by_recess: bool = True
    own_course: bool = True
    version: str = "2026.1"
    valid_from: date = date(2026, 1, 1)


_CITY = "prazo definido pelo Procon da cidade"
_CITY_ALONE = "Prazo definido pelo Procon da cidade"

# Bounds: the least leaves the party the time that the norm (or, where it is silent, the shortest
# practice known among Procons) gives; the most keeps a case from standing still.
_DEFAULTS: tuple[Rule, ...] = (
    Rule(
        key="cip_answer",
        title="Resposta da empresa à CIP",
        amount=10,
        least=5,
        most=30,
        # Recess stops every count but this one: the consumer is waiting for a first answer.
        suspended_by_recess=False,
        legal_basis=f"Código de Defesa do Consumidor, art. 55, § 4º; {_CITY}",
    ),
    Rule(
        key="consumer_rating",
        title="Avaliação da resposta pelo consumidor",
        amount=10,
        least=5,
        most=30,
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="missing_documents",
        title="Envio dos documentos que faltam",
        amount=10,
        least=5,
        most=60,
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="reclamacao_defence",
        title="Defesa da empresa na reclamação",
        amount=10,
        least=10,
        most=30,
        legal_basis=f"Código de Defesa do Consumidor, art. 55, § 4º; {_CITY}",
    ),
    Rule(
        key="hearing_notice",
        title="Antecedência mínima do aviso de audiência",
        amount=10,
        least=5,
        most=60,
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="proposal_answer",
        title="Resposta a uma proposta de acordo",
        amount=10,
        least=5,
        most=30,
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="agreement_check",
        title="Conferência do cumprimento do acordo",
        amount=10,
        least=1,
        most=60,
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="auto_notificacao_answer",
        title="Resposta ao auto de notificação",
        amount=7,
        least=2,
        most=30,
        legal_basis=f"Código de Defesa do Consumidor, art. 55, § 4º; {_CITY}",
    ),
    Rule(
        key="sanction_defence",
        title="Defesa no processo sancionador",
        amount=20,
        least=15,
        most=30,
        legal_basis="Decreto nº 2.181/1997, arts. 42 e 44",
    ),
    Rule(
        key="appeal",
        title="Recurso",
        amount=10,
        least=10,
        most=30,
        legal_basis="Decreto nº 2.181/1997, art. 49",
    ),
    Rule(
        key="fine_payment",
        title="Pagamento da multa",
        amount=30,
        least=10,
        most=60,
        legal_basis="Decreto nº 2.181/1997, art. 55",
    ),
    Rule(
        key="register_rectification_request",
        title="Pedido de correção do cadastro de reclamações",
        amount=5,
        least=5,
        most=30,
        legal_basis="Decreto nº 2.181/1997, art. 61",
    ),
    Rule(
        key="register_rectification_decision",
        title="Decisão sobre a correção do cadastro de reclamações",
        amount=10,
        least=1,
        most=10,
        unit="uteis",
        units=("uteis",),
        legal_basis="Decreto nº 2.181/1997, art. 61",
    ),
    Rule(
        key="tacit_notice",
        title="Leitura presumida do aviso eletrônico",
        amount=10,
        least=10,
        most=30,
        legal_basis="Lei nº 11.419/2006, art. 5º, § 3º, por analogia",
    ),
    Rule(
        key="result_message",
        title="Mensagem com o resultado ao consumidor",
        amount=120,
        least=1,
        most=120,
        units=("corridos",),
        legal_basis=_CITY_ALONE,
    ),
    Rule(
        key="ouvidoria_answer",
        title="Resposta da ouvidoria",
        amount=30,
        least=1,
        most=30,
        units=("corridos",),
        start="next_day",
        suspended_by_recess=False,
        own_course=False,
        legal_basis="Lei nº 13.460/2017, art. 16",
    ),
    Rule(
        key="lai_answer",
        title="Resposta ao pedido de acesso à informação",
        amount=20,
        least=1,
        most=20,
        units=("corridos",),
        start="next_day",
        suspended_by_recess=False,
        own_course=False,
        legal_basis="Lei nº 12.527/2011, art. 11",
    ),
    Rule(
        key="incident_notice",
        title="Comunicação de incidente com dados pessoais",
        amount=3,
        least=1,
        most=3,
        unit="uteis",
        units=("uteis",),
        suspended_by_recess=False,
        own_course=False,
        legal_basis="Resolução CD/ANPD nº 15/2024",
    ),
    Rule(
        key="incident_completion",
        title="Complemento da comunicação de incidente",
        amount=20,
        least=1,
        most=20,
        unit="uteis",
        units=("uteis",),
        suspended_by_recess=False,
        own_course=False,
        legal_basis="Resolução CD/ANPD nº 15/2024",
    ),
    Rule(
        key=OUTAGE,
        title="Tempo fora do ar que adia o fim de um prazo",
        amount=60,
        least=1,
        most=240,
        unit="minutos",
        units=("minutos",),
        suspended_by_recess=False,
        own_course=False,
        legal_basis="Lei nº 11.419/2006, art. 10, § 2º, por analogia; Resolução CNJ nº 185/2013",
    ),
)

DEFAULT_RULES: Mapping[str, Rule] = MappingProxyType({rule.key: rule for rule in _DEFAULTS})


def rules_for(tenant: Tenant) -> Mapping[str, Rule]:
    """Every rule as this city applies it: the defaults under its manifest's `deadlines`.

    Raises Refused when the manifest names an unknown deadline or leaves the legal bounds.
    """
    rules = dict(DEFAULT_RULES)
    for key, override in tenant.deadlines.items():
        rules[key] = _overridden(key, override)
    return MappingProxyType(rules)


def _overridden(key: str, override: DeadlineOverride) -> Rule:
    rule = DEFAULT_RULES.get(key)
    if rule is None:
        known = ", ".join(sorted(DEFAULT_RULES))
        raise Refused(f"Não existe o prazo “{key}”. Os prazos são: {known}.", "deadline-unknown")
    if override.unit not in rule.units:
        raise Refused(
            f"O prazo “{rule.title}” ({key}) só pode ser contado em {UNIT_NAMES[rule.unit]}.",
            "deadline-unit",
        )
    if not rule.least <= override.amount <= rule.most:
        raise Refused(
            f"O prazo “{rule.title}” ({key}) pode ter de {rule.least} a {rule.most} dias,"
            f" e não {override.amount}.",
            "deadline-out-of-bounds",
        )
    if (override.amount, override.unit) == (rule.amount, rule.unit) and not override.legal_basis:
        return rule
    return msgspec.structs.replace(
        rule,
        amount=override.amount,
        unit=override.unit,
        legal_basis=override.legal_basis or rule.legal_basis,
        # The version says by itself what was changed, so an old deadline can be recounted.
        version=f"{rule.version}+{override.amount}-{override.unit}",
    )
