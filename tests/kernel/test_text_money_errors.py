import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.kernel.clock import system_clock
from procon.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from procon.kernel.money import BadAmount, format_brl, parse_brl
from procon.kernel.text import clean, search_key


def test_clean_one_line() -> None:
    assert clean("  Jo\u0061\u0303o\0\x07 \r\n da\tSilva ", 80) == "João da Silva"
    assert clean("abc def", 4) == "abc"
    assert clean("evil\u202egpj.exe\u200b\ufeff", 80) == "evilgpj.exe"


def test_clean_many_lines() -> None:
    assert clean("\r\n um \r dois\u2028três\x85\n\nfim\0 ", 80, multiline=True) == (
        "um\n dois\ntrês\n\n\nfim"
    )


@given(st.text(), st.integers(0, 50), st.booleans())
def test_what_is_clean_can_be_stored(text: str, size: int, multiline: bool) -> None:
    done = clean(text, size, multiline)
    assert len(done) <= size
    assert "\0" not in done
    assert done == done.strip()
    done.encode()
    allowed = {"\n", "\t"} if multiline else set()
    assert {c for c in done if unicodedata.category(c) in ("Cc", "Cs")} <= allowed


def test_search_key() -> None:
    assert (
        search_key("Ação – São João S.A.") == search_key("acao  sao joao sa") == "acao sao joao sa"
    )
    assert search_key("D'Água/Luz (SP)") == "dagua luz sp"
    assert search_key("STRASSE") == search_key("straße")


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.234,56", "1234.56"),
        ("R$ 1.234,56", "1234.56"),
        ("r$\u00a01.234,5", "1234.50"),
        ("1234.56", "1234.56"),
        ("1.234", "1234.00"),
        ("1.234.567", "1234567.00"),
        ("0,1", "0.10"),
        ("12.5", "12.50"),
        ("150 reais", "150.00"),
        ("99999999999,99", "99999999999.99"),
    ],
)
def test_amounts(text: str, amount: str) -> None:
    parsed = parse_brl(text)
    assert parsed == Decimal(amount)
    assert parsed.as_tuple().exponent == -2


@pytest.mark.parametrize(
    "text",
    ["", "R$", "-1", "1,234.56", "1.23,45", "1,2,3", "1e5", "NaN", "100000000000", "1,001", "²"],
)
def test_no_amounts(text: str) -> None:
    with pytest.raises(BadAmount) as caught:
        parse_brl(text)
    assert caught.value.reason.endswith(".")


@given(st.decimals(0, 99_999_999_999, places=2))
def test_amounts_round_trip(amount: Decimal) -> None:
    assert parse_brl(format_brl(amount)) == amount


def test_format_brl() -> None:
    assert format_brl(Decimal("1234567.8")) == "R$\u00a01.234.567,80"
    assert format_brl(Decimal("-0.005")) == "R$\u00a00,00"
    assert format_brl(Decimal(-3)) == "-R$\u00a03,00"


def test_errors_speak_to_the_person() -> None:
    assert (Refused("Não.").code, Refused("Não.", "late").code) == ("refused", "late")
    invalid = Invalid({"cpf": "O CPF tem 11 números."})
    assert invalid.fields == {"cpf": "O CPF tem 11 números."}
    codes = {e.code for e in (invalid, NotFound(), Forbidden(), Conflict())}
    assert codes == {"invalid", "not-found", "forbidden", "conflict"}
    assert str(NotFound()) == NotFound().reason == "Não encontramos o que você procura."


def test_the_system_clock_is_utc() -> None:
    offset = system_clock().utcoffset()
    assert offset is not None
    assert offset.total_seconds() == 0
