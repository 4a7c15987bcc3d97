"""What a slice or plugin may add to a page: plain values, drawn by the page's own macros."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


class Action(Struct, frozen=True, forbid_unknown_fields=True):
    """A link to what can be done; at most one of a panel is primary."""

    label: str
    href: str
    primary: bool = False


class Panel(Struct, frozen=True, forbid_unknown_fields=True):
    """A box on a case's page. `rows` are (label, value); details live behind the actions."""

    title: str
    text: str = ""
    rows: tuple[tuple[str, str], ...] = ()
    actions: tuple[Action, ...] = ()
    tone: Literal["neutral", "info", "progress", "waiting", "success", "danger", "internal"] = (
        "neutral"
    )


class SettingsLink(Struct, frozen=True, forbid_unknown_fields=True):
    """One page of the city's settings, for whoever has the permission where `plugin` is enabled."""

    label: str
    href: str
    text: str
    permission: str = "staff:settings"
    plugin: str = ""
