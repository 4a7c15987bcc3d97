"""Accounts of one city. Private to this folder."""

from piccolo.columns import UUID, Array, Boolean, Text, Timestamptz
from piccolo.table import Table


class AccountRow(Table, tablename="account"):
    """See the migration for the constraints: one row per issuer and subject."""

    id = UUID(primary_key=True)
    iss = Text()
    sub = Text()
    kind = Text()
    name = Text()
    cpf = Text(null=True)
    cnpj = Text(null=True)
    email = Text(null=True)
    email_verified = Boolean()
    level = Text()
    roles = Array(base_column=Text())
    created_at = Timestamptz()
    last_login_at = Timestamptz()
    disabled_at = Timestamptz(null=True)
