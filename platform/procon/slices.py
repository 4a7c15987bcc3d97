"""The slices: which have pages, which have tables, and what they add to shared places. No logic."""

from __future__ import annotations

from importlib import import_module

from piccolo.conf.apps import AppConfig

from procon import plugged
from procon.agreements.kept.panel import case_panel as agreements_panel
from procon.answers.more_time.pages import case_panel as more_time_panel
from procon.cases.pages import CasePanel
from procon.courts.pages import case_panel as courts_panel
from procon.desk.groups.pages import case_panel as collective_panel
from procon.ext.slots import SettingsLink
from procon.hearings.pages import case_panel as hearings_panel
from procon.lawyers.pages import case_panel as lawyers_panel
from procon.letters.autos.pages import case_panel as autos_panel
from procon.notices.pages import case_panel as notices_panel
from procon.plugged import Plugins
from procon.portal.shell import NavEntry
from procon.process.pages import case_panel as process_panel
from procon.statistics.register.pages import case_panel as register_panel
from procon.tenancy.manifest import Tenant

# Slices with pages, and those with tables in the order of their foreign keys.
PAGES = (
    "portal",
    "site",
    "auth.login",
    "letters",
    "letters.wording",
    "letters.batch",
    "letters.autos",
    "intake",
    "desk",
    "desk.lists",
    "desk.search",
    "desk.bulk",
    "desk.texts",
    "desk.companies",
    "desk.groups",
    "desk.advice",
    "cases.citizen",
    "answers",
    "companies",
    "evidence",
    "process",
    "lawyers",
    "deadlines.simulator",
    "settings_desk",
    "feeds",
    "agreements",
    "agreements.kept",
    "courts",
    "notices",
    "notices.staff",
    "hearings",
    "hearings.setup",
    "hearings.live",
    "statistics",
    "statistics.register",
    "statistics.open_data",
    "statistics.management",
)
TABLES = (
    "jobs",
    "auth.accounts",
    "auth.companies",
    "parties",
    "deadlines",
    "service_points",
    "cases",
    "auth.mandates",
    "desk",
    "process",
    "agreements",
    "answers",
    "notices",
    "letters",
    "evidence",
    "intake",
    "hearings",
    "feeds",
    "statistics",
    "courts",
)
NAV = (
    NavEntry("Reclamar", "/reclamar", "public", kinds=frozenset({"anonymous", "citizen"})),
    NavEntry("Meus processos", "/minha-conta", "case:own"),
    NavEntry(
        "Avisos", "/minha-conta/avisos", "account:own", kinds=frozenset({"citizen", "supplier"})
    ),
    NavEntry(
        "Agenda", "/minha-conta/agenda", "account:own", kinds=frozenset({"citizen", "supplier"})
    ),
    NavEntry("Advocacia", "/advogado", "lawyer:own", kinds=frozenset({"citizen"})),
    NavEntry("Meu dia", "/equipe", "staff:desk"),
    NavEntry("Processos", "/equipe/processos", "staff:desk"),
    NavEntry("Balcão", "/equipe/balcao", "staff:counter"),
    NavEntry("Avisos", "/equipe/avisos", "staff:process"),
    NavEntry("Audiências", "/equipe/audiencias", "staff:hearings"),
    NavEntry("Acordos", "/equipe/acordos", "staff:process"),
    NavEntry("Gestão", "/gestao", "staff:settings"),
    NavEntry("Configurações", "/equipe/configuracoes", "staff:letters"),
    NavEntry("Empresa", "/fornecedor", "supplier:read"),
    NavEntry("Cadastro", "/fornecedor/cadastro", "supplier:read"),
    NavEntry("Prazos", "/prazos", "public", kinds=frozenset({"anonymous", "supplier"})),
    NavEntry("Indicadores", "/indicadores", "public", kinds=frozenset({"anonymous", "citizen"})),
    # Who is signed in finds it in the footer.
    NavEntry("Verificar documento", "/verificar", "public", kinds=frozenset({"anonymous"})),
)


# On the page of settings, besides those of the calendar.
SETTINGS = (
    SettingsLink(
        "Empresas", "/equipe/empresas", "Contatos, e união de cadastros repetidos.", "staff:merge"
    ),
    SettingsLink(
        "Pedidos de empresas",
        "/equipe/empresas/pedidos",
        "Quem pede para representar uma empresa, com documentos.",
        "staff:verify",
    ),
    SettingsLink("Advogados", "/equipe/advogados", "Inscrições na OAB a conferir.", "staff:verify"),
    SettingsLink(
        "Pedidos de mais prazo",
        "/equipe/mais-prazo",
        "O que as empresas pediram e ainda espera resposta.",
        "staff:process",
    ),
    SettingsLink(
        "Casos coletivos",
        "/equipe/coletivos",
        "Muitas reclamações iguais contra a mesma empresa.",
        "staff:desk",
    ),
    SettingsLink(
        "Orientações",
        "/equipe/orientacoes",
        "Atendimentos que terminam na hora, sem chamar a empresa.",
        "staff:desk",
    ),
    SettingsLink(
        "Modelos de documentos",
        "/equipe/configuracoes/modelos",
        "O texto das cartas, dos termos e das decisões que o sistema emite.",
        "staff:letters",
    ),
    SettingsLink("Macros", "/equipe/configuracoes/macros", "O que a equipe faz com um clique só."),
    SettingsLink(
        "Textos prontos", "/equipe/configuracoes/textos", "O que a equipe insere no que escreve."
    ),
    SettingsLink(
        "Distribuição", "/equipe/configuracoes/distribuicao", "Quem recebe cada processo novo."
    ),
)
# What the slices add to a case's page, in this order.
PANELS: tuple[CasePanel, ...] = (
    process_panel,
    more_time_panel,
    hearings_panel,
    agreements_panel,
    courts_panel,
    notices_panel,
    lawyers_panel,
    autos_panel,
    collective_panel,
    register_panel,
)


def tenant_apps() -> tuple[AppConfig, ...]:
    """Every slice with tables in a tenant's schema."""
    return tuple(import_module(f"procon.{name}.piccolo_app").APP_CONFIG for name in TABLES)


def apps_of(tenant: Tenant, plugins: Plugins) -> tuple[AppConfig, ...]:
    """The tables of one city: the core's, and those of the plugins that it enables."""
    return plugged.apps_for(tenant_apps(), plugins, tenant)
