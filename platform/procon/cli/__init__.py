"""`procon`: the operator's command line. Composition only."""

from __future__ import annotations

import rich_click as click

from procon.cli.cases import case, workflow
from procon.cli.demo import demo
from procon.cli.dev import dev
from procon.cli.plugins import plugin
from procon.cli.service import assets, routes, theme, worker
from procon.cli.tenants import migrate, tenant
from procon.notices.mail.cli import notice
from procon.settings_desk.cli import deadline


@click.group()
def main() -> None:
    """Procon Digital."""


for _command in (
    tenant,
    migrate,
    case,
    workflow,
    deadline,
    notice,
    worker,
    routes,
    theme,
    assets,
    plugin,
    demo,
    dev,
):
    main.add_command(_command)
