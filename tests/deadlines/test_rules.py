from types import SimpleNamespace
from typing import Any

import pytest

from procon.deadlines.rules import DEFAULT_RULES, rules_for
from procon.kernel.errors import Refused
from procon.tenancy.manifest import DeadlineOverride


def city(**deadlines: DeadlineOverride) -> Any:
    return SimpleNamespace(deadlines=deadlines)


def test_defaults_are_inside_their_own_bounds_and_have_a_source() -> None:
    for key, rule in DEFAULT_RULES.items():
        assert key == rule.key
        assert rule.least <= rule.amount <= rule.most
        assert rule.unit in rule.units
        assert rule.legal_basis
        assert rule.title


def test_the_seed_of_the_law() -> None:
    seed = {k: (r.amount, r.unit, r.suspended_by_recess) for k, r in DEFAULT_RULES.items()}
    assert seed == {
        "cip_answer": (10, "corridos", False),
        "consumer_rating": (10, "corridos", True),
        "missing_documents": (10, "corridos", True),
        "reclamacao_defence": (10, "corridos", True),
        "hearing_notice": (10, "corridos", True),
        "proposal_answer": (10, "corridos", True),
        "agreement_check": (10, "corridos", True),
        "auto_notificacao_answer": (7, "corridos", True),
        "sanction_defence": (20, "corridos", True),
        "appeal": (10, "corridos", True),
        "fine_payment": (30, "corridos", True),
        "register_rectification_request": (5, "corridos", True),
        "register_rectification_decision": (10, "uteis", True),
        "tacit_notice": (10, "corridos", True),
        "result_message": (120, "corridos", True),
        "ouvidoria_answer": (30, "corridos", False),
        "lai_answer": (20, "corridos", False),
        "incident_notice": (3, "uteis", False),
        "incident_completion": (20, "uteis", False),
        "outage_minutes": (60, "minutos", False),
    }


def test_a_city_changes_only_what_it_names() -> None:
    rules = rules_for(city(cip_answer=DeadlineOverride(20, "uteis", "Decreto municipal")))
    changed = rules["cip_answer"]
    assert (changed.amount, changed.unit, changed.legal_basis, changed.version) == (
        20,
        "uteis",
        "Decreto municipal",
        "2026.1+20-uteis",
    )
    assert changed.suspended_by_recess is False
    assert {k: r for k, r in rules.items() if k != "cip_answer"} == {
        k: r for k, r in DEFAULT_RULES.items() if k != "cip_answer"
    }


def test_saying_the_default_changes_nothing() -> None:
    assert rules_for(city(cip_answer=DeadlineOverride(10))) == DEFAULT_RULES


@pytest.mark.parametrize(
    ("key", "override", "code"),
    [
        ("cip_answer", DeadlineOverride(4), "deadline-out-of-bounds"),
        ("cip_answer", DeadlineOverride(31), "deadline-out-of-bounds"),
        ("appeal", DeadlineOverride(9), "deadline-out-of-bounds"),
        ("incident_notice", DeadlineOverride(3, "corridos"), "deadline-unit"),
        ("lunch", DeadlineOverride(1), "deadline-unknown"),
    ],
)
def test_bounds(key: str, override: DeadlineOverride, code: str) -> None:
    with pytest.raises(Refused) as caught:
        rules_for(city(**{key: override}))
    assert caught.value.code == code
    assert key in caught.value.reason
