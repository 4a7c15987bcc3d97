"""What a city may set."""

from __future__ import annotations

from msgspec import Struct


class BoardSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the notice board.

    `days`: how long a notice stays. `register_frozen`: why nothing enters the register of
    complaints just now; "" when it may. `signature`: reference to a key that signs nothing yet,
    kept to show how secrets are named.
    """

    days: int = 30
    register_frozen: str = ""
    signature: str = ""
