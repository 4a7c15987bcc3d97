"""What the first pages show."""

from __future__ import annotations

from msgspec import Struct


class Door(Struct, frozen=True):
    """A way in: what one can do there, in a sentence."""

    title: str
    text: str
    href: str
    main: bool = False


class CityHome(Struct, frozen=True):
    """First page of a city."""

    doors: tuple[Door, ...]


class CityLink(Struct, frozen=True):
    """A city as the platform's first page lists it."""

    name: str
    city: str
    uf: str
    url: str


class VendorHome(Struct, frozen=True):
    """First page of the platform."""

    cities: tuple[CityLink, ...]


DOORS = (
    Door(
        title="Fazer uma reclamação",
        text="Teve um problema com uma compra ou um serviço? Conte o que houve. Leva cerca de dez"
        " minutos e você pode parar e continuar depois.",
        href="/reclamar",
        main=True,
    ),
    Door(
        title="Acompanhar um processo",
        text="Veja em que passo está, leia a resposta da empresa e diga se resolveu.",
        href="/minha-conta",
    ),
    Door(
        title="Sou empresa",
        text="Leia a reclamação que recebeu e responda, com o código da carta ou pelo gov.br.",
        href="/fornecedor",
    ),
    Door(
        title="Conferir um documento",
        text="Recebeu uma carta ou um recibo? Veja se foi mesmo emitido aqui.",
        href="/verificar",
    ),
)
