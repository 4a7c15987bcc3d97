from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T14:20:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Companies, their members, and requests to become one"

SQL = """
CREATE TABLE company (
    root char(8) NOT NULL,
    name text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT company_pk PRIMARY KEY (root),
    CONSTRAINT company_root_ck CHECK (root ~ '^[0-9A-Z]{8}$')
);
CREATE TABLE company_member (
    id uuid NOT NULL,
    root char(8) NOT NULL,
    branch char(14),
    account_id uuid,
    cpf char(11),
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL,
    source text NOT NULL,
    digest text NOT NULL DEFAULT 'immediate',
    digest_on date,
    invite_hash bytea,
    created_at timestamptz NOT NULL,
    accepted_at timestamptz,
    expires_at timestamptz,
    removed_at timestamptz,
    CONSTRAINT company_member_pk PRIMARY KEY (id),
    CONSTRAINT company_member_company_fk FOREIGN KEY (root) REFERENCES company (root),
    CONSTRAINT company_member_invite_once UNIQUE (invite_hash),
    CONSTRAINT company_member_role_ck CHECK (role IN ('admin', 'answers', 'reads')),
    CONSTRAINT company_member_source_ck
        CHECK (source IN ('ecnpj', 'govbr', 'documents', 'invitation')),
    CONSTRAINT company_member_digest_ck CHECK (digest IN ('immediate', 'daily', 'weekly')),
    CONSTRAINT company_member_branch_ck CHECK (branch IS NULL OR left(branch, 8) = root),
    CONSTRAINT company_member_somebody_ck
        CHECK (accepted_at IS NULL OR account_id IS NOT NULL OR cpf IS NOT NULL)
);
CREATE INDEX company_member_of ON company_member (root);
CREATE INDEX company_member_account ON company_member (account_id) WHERE removed_at IS NULL;
CREATE INDEX company_member_cpf ON company_member (cpf) WHERE removed_at IS NULL;
CREATE INDEX company_member_digest ON company_member (digest)
    WHERE removed_at IS NULL AND digest <> 'immediate';
CREATE TABLE company_request (
    id uuid NOT NULL,
    cnpj char(14) NOT NULL,
    company_name text NOT NULL,
    account_id uuid NOT NULL,
    cpf char(11) NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    state text NOT NULL,
    reason text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    decided_at timestamptz,
    decided_by text NOT NULL DEFAULT '',
    CONSTRAINT company_request_pk PRIMARY KEY (id),
    CONSTRAINT company_request_state_ck CHECK (state IN ('pending', 'approved', 'refused')),
    CONSTRAINT company_request_decided_ck CHECK ((state = 'pending') = (decided_at IS NULL))
);
CREATE UNIQUE INDEX company_request_pending ON company_request (cnpj, cpf)
    WHERE state = 'pending';
CREATE INDEX company_request_person ON company_request (cpf);
CREATE TABLE company_document (
    id uuid NOT NULL,
    request_id uuid NOT NULL,
    object_key text NOT NULL,
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT company_document_pk PRIMARY KEY (id),
    CONSTRAINT company_document_key_once UNIQUE (object_key),
    CONSTRAINT company_document_request_fk
        FOREIGN KEY (request_id) REFERENCES company_request (id)
);
CREATE INDEX company_document_of ON company_document (request_id);
CREATE TABLE company_act (
    id uuid NOT NULL,
    root char(8) NOT NULL,
    actor text NOT NULL,
    actor_name text NOT NULL,
    sentence text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT company_act_pk PRIMARY KEY (id),
    CONSTRAINT company_act_company_fk FOREIGN KEY (root) REFERENCES company (root)
);
CREATE INDEX company_act_of ON company_act (root, id);
"""


async def forwards() -> MigrationManager:
    return sql_migration("companies", ID, DESCRIPTION, SQL)
