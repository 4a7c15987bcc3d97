"""What a city may set, and what it writes about."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

# What one may subscribe to: key in tables and forms → words.
TOPICS = {
    "recalls": "Recalls: produtos com defeito que devem ser trocados ou consertados",
    "golpes": "Golpes: fraudes que estão acontecendo e como se proteger",
    "precos": "Preços: pesquisas de preço na cidade",
    "direitos": "Direitos: o que a lei garante, explicado sem juridiquês",
}
SHORT = {name: words.partition(":")[0] for name, words in TOPICS.items()}

# Roles of the city's staff: who keeps the readers' list and sends, and who writes.
KEEPERS = frozenset({"authority", "cityadmin"})
EDITORS = KEEPERS | {"analyst"}

Positive = Annotated[int, Meta(gt=0)]


class NewsletterSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the newsletter.

    Attributes:
        name: what it is called.
        sender: address in From; "" takes `boletim@` at the domain of the city's legal mail. It
            should be a domain of its own, so that a newsletter never harms the legal mail.
        reply_to: where answers go; "" for nowhere.
        per_minute: most messages that one mail provider (domain) gets in a minute.
        dkim_domain, dkim_selector, dkim_key: signature; the key is a reference to a PEM private
            key. "" leaves signing to the mail server.
        bounce_key: reference to the word by which the mail server may hand in what came back;
            "" closes that door.
    """

    name: str = "Boletim do consumidor"
    sender: str = ""
    reply_to: str = ""
    per_minute: Positive = 600
    dkim_domain: str = ""
    dkim_selector: str = "procon"
    dkim_key: str = ""
    bounce_key: str = ""
