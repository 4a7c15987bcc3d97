"""The subject is found by typing words, not by knowing the tree."""

import pytest

from procon.cases.taxonomy import (
    AREAS,
    GROUPS,
    PROBLEMS,
    SUBJECTS,
    area_title,
    is_defect,
    problem_title,
    search_subjects,
    subject_title,
)


def test_counts_and_codes() -> None:
    assert (len(AREAS), len(SUBJECTS), len(GROUPS), len(PROBLEMS)) == (7, 67, 7, 44)
    assert len({one.code for one in SUBJECTS}) == 67
    assert len({one.code for one in PROBLEMS}) == 44
    assert {one.area for one in SUBJECTS} == {one.code for one in AREAS}
    assert {one.group for one in PROBLEMS} == {one.code for one in GROUPS}


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("luz", "0201"),
        ("conta de luz", "0201"),
        ("INTERNET", "0206"),
        ("celulares", "0204"),
        ("cartao de credito", "0102"),
        ("cartões", "0102"),
        ("remédio", "0504"),
        ("geladeira", "0403"),
        ("Uma geladeira que nunca chegou", "0403"),
        ("onibus", "0208"),
        ("nome sujo", "0113"),
        ("academ", "0305"),
    ],
)
def test_everyday_words(typed: str, first: str) -> None:
    assert search_subjects(typed)[0].code == first


@pytest.mark.parametrize("typed", ["", "   ", "de a o", "xyzw", "%", "'; DELETE FROM x; --"])
def test_nothing_fits(typed: str) -> None:
    assert search_subjects(typed) == []


def test_titles() -> None:
    assert subject_title("0201") == "Energia elétrica"
    assert subject_title("9999") == "9999"
    assert area_title("0201") == "Serviços essenciais"
    assert problem_title("401") == "Não entregaram"
    assert (is_defect("301"), is_defect("401"), is_defect("")) == (True, False, False)
