"""Brazilian documents and contacts: any punctuation in, one canonical string out."""

import re
import unicodedata

_EMAIL = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_CNPJ = re.compile(r"[0-9A-Z]{12}[0-9]{2}")
_PUNCTUATION = re.compile(r"[\s./\-–—()+]+")

# Area codes in use in Brazil (Anatel).
_AREA_CODE = re.compile(r"[14689][1-9]|2[12478]|3[1-578]|5[1345]|7[134579]")


class BadDocument(ValueError):
    """The text is not such a document. `reason` is a Portuguese sentence for the person."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _bare(text: str) -> str:
    return _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text)).upper()


def _digits(text: str) -> str | None:
    bare = _bare(text)
    return bare if bare.isascii() and bare.isdigit() else None


def _check_digit(values: list[int], weights: list[int]) -> int:
    rest = sum(v * w for v, w in zip(values, weights, strict=True)) % 11
    return 0 if rest < 2 else 11 - rest


def complete_cpf(base: str) -> str:
    """The 11-digit CPF whose first nine digits are `base`. For made-up data and tests."""
    values = [int(c) for c in base]
    values.append(_check_digit(values, list(range(10, 1, -1))))
    values.append(_check_digit(values, list(range(11, 1, -1))))
    return "".join(map(str, values))


def complete_cnpj(base: str) -> str:
    """The 14-character CNPJ whose first twelve characters (0-9, A-Z) are `base`.

    Value of a character = ASCII code − 48 (IN RFB 2.229/2024).
    """
    values = [ord(c) - 48 for c in base]
    weights = [6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2]
    first = _check_digit(values, weights[1:])
    second = _check_digit([*values, first], weights)
    return f"{base}{first}{second}"


def parse_cpf(text: str) -> str:
    """Eleven digits. Raises BadDocument."""
    digits = _digits(text)
    if digits is None or len(digits) != 11:
        raise BadDocument("O CPF tem 11 números. Confira se digitou todos.")
    if len(set(digits)) == 1 or complete_cpf(digits[:9]) != digits:
        raise BadDocument("Este CPF não existe. Confira os números no documento.")
    return digits


def parse_cnpj(text: str) -> str:
    """Fourteen characters, numeric or alphanumeric, upper case. Raises BadDocument."""
    bare = _bare(text)
    if len(bare) != 14:
        raise BadDocument("O CNPJ tem 14 caracteres. Confira se digitou todos.")
    if not _CNPJ.fullmatch(bare):
        raise BadDocument("O CNPJ tem só letras e números, e termina com dois números.")
    if len(set(bare)) == 1 or complete_cnpj(bare[:12]) != bare:
        raise BadDocument("Este CNPJ não existe. Confira na nota fiscal ou no contrato.")
    return bare


def format_cpf(cpf: str) -> str:
    """A canonical CPF as people write it: 529.982.247-25."""
    return f"{cpf[:3]}.{cpf[3:6]}.{cpf[6:9]}-{cpf[9:]}"


def format_cnpj(cnpj: str) -> str:
    """A canonical CNPJ as people write it: 12.ABC.345/01DE-35."""
    return f"{cnpj[:2]}.{cnpj[2:5]}.{cnpj[5:8]}/{cnpj[8:12]}-{cnpj[12:]}"


def mask_cpf(cpf: str) -> str:
    """A CPF for eyes that need not know all of it: ***.982.247-**."""
    return f"***.{cpf[3:6]}.{cpf[6:9]}-**"


def cnpj_root(cnpj: str) -> str:
    """The first eight characters, which all branches of one company share."""
    return cnpj[:8]


def parse_cep(text: str) -> str:
    """Eight digits. Raises BadDocument."""
    digits = _digits(text)
    if digits is None or len(digits) != 8 or digits == "00000000":
        raise BadDocument("O CEP tem 8 números, como 13010-000.")
    return digits


def parse_phone(text: str) -> str:
    """A Brazilian telephone number as +55, area code and number (E.164). Raises BadDocument.

    Mobile: nine digits starting with 9. Landline: eight digits starting with 2-5.
    """
    digits = _digits(text)
    wrong = BadDocument("Digite o telefone com DDD, como (19) 91234-5678.")
    if digits is None:
        raise wrong
    if len(digits) in (12, 13) and digits.startswith("55"):
        digits = digits[2:]
    elif len(digits) in (11, 12) and digits.startswith("0"):
        digits = digits[1:]
    area, number = digits[:2], digits[2:]
    mobile = len(number) == 9 and number[0] == "9"
    landline = len(number) == 8 and number[0] in "2345"
    if not _AREA_CODE.fullmatch(area):
        raise BadDocument("Este DDD não existe. Digite o telefone com DDD, como (19) 91234-5678.")
    if not (mobile or landline):
        raise wrong
    return f"+55{area}{number}"


def parse_email(text: str) -> str:
    """An e-mail address, its domain in small letters. Raises BadDocument.

    Only plain ASCII addresses (RFC 5321 dot-atom): no quotes, comments, spaces or line breaks,
    so what comes out can stand in a mail header.
    """
    address = text.strip()
    local, _, domain = address.rpartition("@")
    if len(address) > 254 or len(local) > 64 or not _EMAIL.fullmatch(address):
        raise BadDocument("Digite um e-mail completo, como nome@exemplo.com.br.")
    return f"{local}@{domain.lower()}"
