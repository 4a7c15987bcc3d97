"""The city's newsletter: topics, double opt-in, issues, a queue of its own, and the way out."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType

from procon.sdk import MenuItem, Plugin, SettingsLink
from procon_newsletter import desk, public, readers, tables
from procon_newsletter.mail import post
from procon_newsletter.people import CONFIRM_TOPIC
from procon_newsletter.records import forget_unconfirmed
from procon_newsletter.settings import EDITORS, KEEPERS, NewsletterSettings

HERE = Path(__file__).parent
_EDIT = frozenset({"newsletter:edit"})
_ALL = _EDIT | {"newsletter:send", "newsletter:people"}

plugin = Plugin(
    slug="newsletter",
    title="Boletim por e-mail",
    version="1.0",
    api=1,
    owner="Procon Digital",
    settings=NewsletterSettings,
    secrets=("dkim_key", "bounce_key"),
    permissions=MappingProxyType(
        {
            "newsletter:edit": "Escrever edições do boletim",
            "newsletter:send": "Enviar o boletim",
            "newsletter:people": "Cuidar dos assinantes do boletim",
        }
    ),
    roles=MappingProxyType({role: _ALL if role in KEEPERS else _EDIT for role in EDITORS}),
    routes=(
        public.archive,
        public.issue,
        public.feed,
        public.sign_up,
        public.sign_up_sent,
        public.sign_up_done,
        public.confirm_page,
        public.confirm_sent,
        public.leave_page,
        public.leave_sent,
        public.own_page,
        public.own_sent,
        public.own_export,
        public.own_erase,
        desk.desk,
        desk.new,
        desk.new_sent,
        desk.show,
        desk.edit,
        desk.edit_sent,
        desk.mail_file,
        desk.test_sent,
        desk.send,
        desk.stop_sent,
        readers.people,
        readers.people_export,
        readers.people_import,
        readers.person_export,
        readers.person_erase,
        readers.bounced,
    ),
    menu=(MenuItem("Boletim", public.ROOT, "public", frozenset({"anonymous"})),),
    settings_links=(
        SettingsLink(
            "Edições do boletim",
            desk.DESK,
            "Escrever, testar e enviar o boletim.",
            "newsletter:edit",
        ),
        SettingsLink(
            "Assinantes do boletim",
            f"{desk.DESK}/assinantes",
            "Importar, exportar e atender pedidos de titulares.",
            "newsletter:people",
        ),
    ),
    panels=(public.case_panel,),
    jobs=MappingProxyType({CONFIRM_TOPIC: post.send_confirmation, post.TEST_TOPIC: post.send_test}),
    cron=(post.send_queue, forget_unconfirmed),
    tables=tables.APP_CONFIG,
    templates=HERE / "templates",
    personal_data=MappingProxyType(
        {
            "newsletter_subscriber.email": "contact",
            "newsletter_consent.sealed": "network address",
            "newsletter_act.author": "name",
        }
    ),
    health=post.health,
)
