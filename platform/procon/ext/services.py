"""What an installation lends to plugins: its mail server, addresses, secrets and colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from msgspec import Struct

KEY = "services"


class NotNow(Exception):
    """The mail server did not take the message; it may later. It has sent nothing."""


class Returned(Exception):
    """The mail server refused the address for good; the text is its reason."""


class MailLine(Protocol):
    """A connection to the mail server, for one message after the other."""

    async def send(self, mail: bytes, *, sender: str, recipient: str) -> None:
        """Hand one finished message over; `sender` is the envelope's, where it comes back to.

        Raises:
            NotNow: not taken, try later.
            Returned: refused for good.
            OSError, TimeoutError: nobody knows whether it was taken.
        """
        ...


class Services(Struct, frozen=True):
    """An installation's services.

    Attributes:
        url: absolute address of a path on a host.
        secret: value of `secret://NAME`; raises LookupError when the installation has none.
        colours: theme → its tokens, as "brand" → "#0b4a55".
        mail: opens a connection to the mail server; entering raises NotNow when it is away.
    """

    url: Callable[[str, str], str]
    secret: Callable[[str], str]
    colours: Callable[[str], Mapping[str, str]]
    mail: Callable[[], AbstractAsyncContextManager[MailLine]]


def services_of(source: Any) -> Services:
    """The services behind a `Database` or a `Tx`.

    Raises:
        LookupError: the composition root gave none.
    """
    found: Services = source.extensions[KEY]
    return found
