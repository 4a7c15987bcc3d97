from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procon.kernel.documents import (
    BadDocument,
    cnpj_root,
    complete_cnpj,
    complete_cpf,
    format_cnpj,
    format_cpf,
    mask_cpf,
    parse_cep,
    parse_cnpj,
    parse_cpf,
    parse_email,
    parse_phone,
)

DIGITS = "0123456789"
CHARS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize("cpf", ["529.982.247-25", "111.444.777-35", "123.456.789-09"])
def test_known_cpfs(cpf: str) -> None:
    digits = cpf.replace(".", "").replace("-", "")
    assert parse_cpf(cpf) == parse_cpf(f" {digits} ") == digits
    assert format_cpf(digits) == cpf


@pytest.mark.parametrize(
    "cnpj",
    ["12.ABC.345/01DE-35", "A1.B2C.3D4/0001-93", "XY.Z98.765/00ZZ-63", "11.222.333/0001-81"],
)
def test_known_cnpjs(cnpj: str) -> None:
    bare = cnpj.replace(".", "").replace("-", "").replace("/", "")
    assert parse_cnpj(cnpj.lower()) == parse_cnpj(bare) == bare
    assert format_cnpj(bare) == cnpj


def test_masks_and_roots() -> None:
    assert mask_cpf("52998224725") == "***.982.247-**"
    assert cnpj_root("12ABC34501DE35") == "12ABC345"


@pytest.mark.parametrize(
    "text", [*(d * 11 for d in DIGITS), "", "5299822472", "529982247255", "5299822472a", "²" * 11]
)
def test_no_cpf(text: str) -> None:
    with pytest.raises(BadDocument) as caught:
        parse_cpf(text)
    assert caught.value.reason.startswith(("O CPF", "Este CPF"))


@pytest.mark.parametrize(
    "text", ["0" * 14, "1" * 14, "", "12ABC34501DE3A", "12ABC34501DE3", "12ABÇ34501DE35", "\0" * 14]
)
def test_no_cnpj(text: str) -> None:
    with pytest.raises(BadDocument):
        parse_cnpj(text)


def fails(parse: Callable[[str], str], text: str) -> bool:
    try:
        parse(text)
    except BadDocument:
        return True
    return False


# Only the check digits: mod 11 folds remainders 0 and 1 into the digit 0, so a CPF does not find
# every wrong digit among the first nine (184511672-09 and 084511672-09 are both valid).
@given(st.text(DIGITS, min_size=9, max_size=9), st.integers(9, 10), st.sampled_from(DIGITS))
def test_cpf_round_trip_and_wrong_check_digits(base: str, place: int, other: str) -> None:
    cpf = complete_cpf(base)
    wrong = cpf[:place] + other + cpf[place + 1 :]
    if len(set(cpf)) > 1:
        assert parse_cpf(format_cpf(cpf)) == cpf
        assert fails(parse_cpf, wrong) == (other != cpf[place])


@given(st.text(CHARS, min_size=12, max_size=12).filter(lambda b: len(set(b)) > 1))
def test_cnpj_round_trip(base: str) -> None:
    cnpj = complete_cnpj(base)
    assert parse_cnpj(format_cnpj(cnpj)) == cnpj
    assert fails(parse_cnpj, cnpj[:13] + str((int(cnpj[13]) + 1) % 10))


@pytest.mark.parametrize("text", ["13010-000", "13010000", " 13.010-000 "])
def test_cep(text: str) -> None:
    assert parse_cep(text) == "13010000"


@pytest.mark.parametrize("text", ["", "1301000", "130100000", "00000-000", "13010-00a"])
def test_no_cep(text: str) -> None:
    assert fails(parse_cep, text)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("(19) 91234-5678", "+5519912345678"),
        ("+55 19 91234-5678", "+5519912345678"),
        ("019912345678", "+5519912345678"),
        ("19 3232-1234", "+551932321234"),
        ("55 3232-1234", "+555532321234"),
        ("55 55 3232-1234", "+555532321234"),
    ],
)
def test_phone(text: str, canonical: str) -> None:
    assert parse_phone(text) == canonical
    assert parse_phone(canonical) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "3232-1234", "(20) 91234-5678", "(19) 81234-5678", "(19) 9234-5678", "19 1132-1234"],
)
def test_no_phone(text: str) -> None:
    assert fails(parse_phone, text)


def test_area_codes_are_the_67_in_use() -> None:
    used = [a for a in range(10, 100) if not fails(parse_phone, f"{a:02d}932321234")]
    assert len(used) == 67
    assert {20, 23, 25, 26, 29, 30, 36, 39, 40, 50, 52, 56, 72, 76, 78} & set(used) == set()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" ana.souza+x@Exemplo.COM.br ", "ana.souza+x@exemplo.com.br"),
        ("o'neil@a-b.co", "o'neil@a-b.co"),
    ],
)
def test_email(text: str, canonical: str) -> None:
    assert parse_email(text) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "", "ana", "ana@", "@b.com", "ana@b", "a b@c.com", "ana@b..com", ".a@b.com", "a.@b.com",
        "ana@b.com\nBcc: x@y.com", "ana@b.com\r\nSubject: x", "ana@b.com,c@d.com", "<a@b.com>",
        '"a b"@c.com', "ana@-b.com", "ána@b.com", "a\0@b.com", "a" * 65 + "@b.com",
        "a@" + "b" * 64 + ".com",
    ],
)  # fmt: skip
def test_no_email(text: str) -> None:
    assert fails(parse_email, text)


@given(st.text())
def test_whatever_passes_as_email_can_stand_in_a_header(text: str) -> None:
    if not fails(parse_email, text):
        assert set(parse_email(text)) & set('\r\n\0 ,;<>"') == set()
