"""What `procon demo up` starts: services, cities, data, portal and worker."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from procon.embedded.demo import Address, Demo, Login, Step, command_step, run_demo
from procon.embedded.idp import client_secret
from procon.embedded.process import StartError
from procon.portal.assets import AssetError, is_present, read_lock
from procon.portal.assets import fetch as fetch_assets
from procon.settings import REPOSITORY
from procon.tenancy.manifest import Tenant, read, read_all

VAR = REPOSITORY / "var"
TENANTS = REPOSITORY / "tenants"
THIRD = REPOSITORY / "infra" / "terraform" / "envs" / "demo"
# Where the cities' clocks are; starting afresh puts them back.
CLOCKS = VAR / "demo" / "clock"
SECRET = "PROCON_SECRET_DEMO_IDP"  # noqa: S105 - the name of a variable
_PEOPLE = (
    Login("consumer", "consumidora", "no portal da cidade: Entrar"),
    Login("consumer2", "consumidor, conta bronze", "no portal da cidade: Entrar"),
    Login("supplier", "empresa com e-CNPJ", "no portal da cidade: Empresa"),
    Login("lawyer", "advogada", "no portal da cidade: Entrar"),
)
_STAFF = (
    Login("attendant", "atendente", "/equipe/entrar"),
    Login("analyst", "analista", "/equipe/entrar"),
    Login("conciliator", "conciliador", "/equipe/entrar"),
    Login("inspector", "fiscal", "/equipe/entrar"),
    Login("authority", "autoridade", "/equipe/entrar"),
    Login("cityadmin", "administração da cidade", "/equipe/entrar"),
    Login("vendor", "operação da plataforma", "plataforma.localhost/equipe/entrar"),
)


def up(port: int, *, reset: bool, load_data: bool = True, terraform: bool = False) -> int:
    """Run the demonstration on `port` until Ctrl-C; returns the exit status.

    Args:
        terraform: provision the third, made-up city by a real `terraform apply`.
    """
    tenants = read_all(TENANTS)
    procon = [sys.executable, "-m", "procon.cli"]
    log = VAR / "demo" / "log" / "steps.log"
    steps = [
        Step("Buscando os estilos e scripts de terceiros", _assets),
        Step("Registrando as cidades no provedor de login", _secrets),
        command_step(
            "Preparando as cidades e os dados de exemplo",
            [*procon, "demo", "prepare", *([] if load_data else ["--empty"])],
            log,
        ),
    ]
    if terraform:
        steps.append(Step("Provisionando a terceira cidade com Terraform", _terraform))
        tenants = (*tenants, read(THIRD / "tenants", "serrana", defaults_dir=TENANTS))
    demo = Demo(
        var_dir=VAR / "demo",
        port=port,
        steps=steps,
        addresses=_addresses(tenants),
        logins=[*_PEOPLE, *_STAFF],
        worker=[*procon, "worker"],
    )
    return run_demo(demo, reset=reset)


def _addresses(tenants: tuple[Tenant, ...]) -> list[Address]:
    cities = [Address(tenant.name, tenant.host) for tenant in tenants]
    return [
        *cities,
        Address("Empresas de todas as cidades", "fornecedores.localhost"),
        Address("Plataforma", "plataforma.localhost"),
        Address("Caixa de e-mails", "correio.localhost"),
        Address("Login de demonstração", "govbr.localhost"),
    ]


def _terraform(env: Mapping[str, str]) -> None:
    """`terraform init` and `apply` of infra/terraform/envs/demo; the state lies with the data."""
    program = shutil.which("terraform")
    if program is None:
        raise StartError(
            "O programa terraform não está nesta máquina.",
            "Instale o Terraform 1.9 ou mais novo, ou inicie sem TERRAFORM=1.",
        )
    folder = VAR / "demo" / "terraform"
    folder.mkdir(parents=True, exist_ok=True)
    around = {**os.environ, **env, "TF_DATA_DIR": str(folder / "data"), "TF_IN_AUTOMATION": "1"}
    procon = f"'{sys.executable}' -m procon.cli tenant apply --from '{THIRD / 'tenants'}'"
    steps = (
        ("init", "-input=false", f"-backend-config=path={folder / 'terraform.tfstate'}"),
        ("apply", "-input=false", "-auto-approve", f"-var=apply_command={procon}"),
    )
    for step in steps:
        done = subprocess.run(  # noqa: S603 - our own words, no shell
            [program, f"-chdir={THIRD}", *step], env=around, capture_output=True, check=False
        )
        (folder / f"{step[0]}.log").write_bytes(done.stdout + done.stderr)
        if done.returncode:
            raise StartError(
                f"O comando terraform {step[0]} não terminou bem.",
                f"Veja o motivo no registro em {folder / f'{step[0]}.log'}.",
            )


def _assets(_: Mapping[str, str]) -> dict[str, str]:
    """Local copies where they can be had; without them the browser asks the CDN."""
    folder = VAR / "assets"
    try:
        if not all(is_present(folder, library) for library in read_lock()):
            fetch_assets(folder)
    except AssetError:
        return {"PROCON_ASSETS": "cdn"}
    return {"PROCON_ASSETS": "local"}


def _secrets(env: Mapping[str, str]) -> dict[str, str]:
    secret = client_secret(Path(env["PROCON_EMBEDDED_DIR"]) / "idp")
    os.environ[SECRET] = secret
    provider = (
        '{{"issuer": "http://govbr.localhost{realm}", "client_id": "procon-{site}",'
        ' "client_secret": "secret://DEMO_IDP"{roles}}}'
    )
    vendor = provider.format(
        realm="/realms/plataforma",
        site="plataforma",
        roles=', "role_map": {"plataforma-operacao": "vendor"}',
    )
    suppliers = provider.format(realm="", site="fornecedores", roles="")
    court = {"PROCON_SECRET_DEMO_COURT": "tribunal-de-mentira"}
    sites = {"PROCON_VENDOR_OIDC": vendor, "PROCON_SUPPLIERS_OIDC": suppliers}
    return {SECRET: secret, **court, **sites}
