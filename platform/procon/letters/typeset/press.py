"""What the letters need from the installation, and each city's letterhead."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from msgspec import Struct

from procon.letters.models import Brand, brand_of
from procon.portal.themes import BASE, Theme
from procon.tenancy.manifest import Tenant


class Press(Struct, frozen=True):
    """What the letters need from the installation.

    Attributes:
        store: puts bytes under an S3 key (`evidence.storage.Store.put`).
        fetch: gets the bytes under an S3 key.
        address_of: host and path → absolute address (`settings.url`).
        themes: slug → theme, for the letterhead's colour and mark.
    """

    store: Callable[[str, bytes, str], Awaitable[None]]
    fetch: Callable[[str], Awaitable[bytes]]
    address_of: Callable[[str, str], str]
    themes: Mapping[str, Theme]


def letterhead(press: Press, tenant: Tenant) -> Brand:
    """The city's letterhead, in the colours of its theme."""
    theme = press.themes.get(tenant.theme, press.themes[BASE])
    return brand_for(tenant, theme, check_url=press.address_of(tenant.host, "/verificar"))


def brand_for(tenant: Tenant, theme: Theme, *, check_url: str) -> Brand:
    """A letterhead from its parts. `check_url`: absolute address of the page that verifies."""
    logo = theme.static[theme.file.logo]
    return brand_of(
        tenant,
        check_url=check_url,
        colour=theme.tokens["brand"],
        logo_svg=logo.read_bytes() if logo.suffix == ".svg" else b"",
    )
