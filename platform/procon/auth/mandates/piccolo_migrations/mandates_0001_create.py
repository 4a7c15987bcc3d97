"""Lawyers, mandates, representatives, further parties, views."""

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from procon.tenancy.ddl import sql_migration

ID = "2026-11-25T15:10:00:000000"
VERSION = "1.38.0"
DESCRIPTION = "Who acts for whom"

SQL = """
CREATE TABLE lawyer (
    id uuid NOT NULL,
    account_id uuid,
    cpf char(11) NOT NULL,
    name text NOT NULL,
    email text NOT NULL DEFAULT '',
    oab_uf char(2) NOT NULL,
    oab_number text NOT NULL,
    oab_letter text NOT NULL DEFAULT '',
    kind text NOT NULL,
    supervisor_id uuid,
    card_key text NOT NULL DEFAULT '',
    card_name text NOT NULL DEFAULT '',
    card_type text NOT NULL DEFAULT '',
    card_sha256 text NOT NULL DEFAULT '',
    status text NOT NULL DEFAULT 'pending',
    reason text NOT NULL DEFAULT '',
    decided_by text NOT NULL DEFAULT '',
    decided_name text NOT NULL DEFAULT '',
    decided_at timestamptz,
    created_at timestamptz NOT NULL,
    CONSTRAINT lawyer_pk PRIMARY KEY (id),
    CONSTRAINT lawyer_supervisor_fk FOREIGN KEY (supervisor_id) REFERENCES lawyer (id),
    CONSTRAINT lawyer_kind_known CHECK (kind IN ('principal', 'suplementar', 'estagiario')),
    CONSTRAINT lawyer_status_known CHECK (status IN ('pending', 'verified', 'refused')),
    CONSTRAINT lawyer_trainee_is_supervised
        CHECK ((kind = 'estagiario') = (supervisor_id IS NOT NULL)),
    CONSTRAINT lawyer_number_form CHECK (oab_number ~ '^[1-9][0-9]{0,6}$'),
    CONSTRAINT lawyer_decision_is_signed
        CHECK (status = 'pending' OR (decided_at IS NOT NULL AND decided_by <> ''))
);
CREATE UNIQUE INDEX lawyer_oab_once ON lawyer (oab_uf, oab_number, oab_letter)
    WHERE status <> 'refused';
CREATE UNIQUE INDEX lawyer_cpf_once ON lawyer (cpf) WHERE status <> 'refused';
CREATE INDEX lawyer_waiting ON lawyer (created_at) WHERE status = 'pending';

CREATE TABLE mandate (
    id uuid NOT NULL,
    idempotency_key text NOT NULL,
    lawyer_id uuid NOT NULL,
    case_id uuid,
    filed_in uuid,
    person_id uuid,
    supplier_id uuid,
    cnpj_root char(8),
    kind text NOT NULL,
    powers text[] NOT NULL,
    parent_id uuid,
    with_reserve boolean,
    origin text NOT NULL,
    document_id uuid,
    sha256 text NOT NULL DEFAULT '',
    granted_by text NOT NULL,
    granted_name text NOT NULL,
    starts_at timestamptz NOT NULL,
    expires_at timestamptz,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    ended_name text NOT NULL DEFAULT '',
    end_kind text NOT NULL DEFAULT '',
    end_reason text NOT NULL DEFAULT '',
    reminded text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    CONSTRAINT mandate_pk PRIMARY KEY (id),
    CONSTRAINT mandate_key_once UNIQUE (idempotency_key),
    CONSTRAINT mandate_lawyer_fk FOREIGN KEY (lawyer_id) REFERENCES lawyer (id),
    CONSTRAINT mandate_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT mandate_filed_in_fk FOREIGN KEY (filed_in) REFERENCES case_file (id),
    CONSTRAINT mandate_person_fk FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT mandate_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id),
    CONSTRAINT mandate_parent_fk FOREIGN KEY (parent_id) REFERENCES mandate (id),
    CONSTRAINT mandate_one_party CHECK ((person_id IS NULL) <> (supplier_id IS NULL)),
    CONSTRAINT mandate_kind_known CHECK (kind IN ('especial', 'simples')),
    CONSTRAINT mandate_simple_is_of_one_case CHECK ((kind = 'simples') = (case_id IS NOT NULL)),
    CONSTRAINT mandate_origin_known CHECK (origin IN ('document', 'online', 'substabelecimento')),
    CONSTRAINT mandate_reserve_of_a_parent
        CHECK ((origin = 'substabelecimento')
               = (parent_id IS NOT NULL AND with_reserve IS NOT NULL)),
    CONSTRAINT mandate_end_known CHECK (
        end_kind IN ('', 'renuncia', 'revogacao', 'expiry', 'substabelecimento', 'recusa')),
    CONSTRAINT mandate_end_has_a_kind CHECK ((ended_at IS NULL) = (end_kind = ''))
);
CREATE INDEX mandate_lawyer ON mandate (lawyer_id);
CREATE INDEX mandate_case ON mandate (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX mandate_person ON mandate (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX mandate_supplier ON mandate (supplier_id) WHERE supplier_id IS NOT NULL;
CREATE INDEX mandate_root ON mandate (cnpj_root) WHERE cnpj_root IS NOT NULL;
CREATE INDEX mandate_root_everything ON mandate (cnpj_root)
    WHERE cnpj_root IS NOT NULL AND case_id IS NULL;
CREATE INDEX mandate_supplier_everything ON mandate (supplier_id)
    WHERE supplier_id IS NOT NULL AND case_id IS NULL;
CREATE INDEX mandate_parent ON mandate (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX mandate_expiring ON mandate (expires_at)
    WHERE expires_at IS NOT NULL AND ended_at IS NULL;

CREATE TABLE representative (
    id uuid NOT NULL,
    person_id uuid NOT NULL,
    cpf char(11) NOT NULL,
    name text NOT NULL,
    email text NOT NULL DEFAULT '',
    kind text NOT NULL,
    document text NOT NULL DEFAULT '',
    expires_at timestamptz,
    registered_by text NOT NULL,
    registered_name text NOT NULL,
    created_at timestamptz NOT NULL,
    ended_at timestamptz,
    ended_by text NOT NULL DEFAULT '',
    CONSTRAINT representative_pk PRIMARY KEY (id),
    CONSTRAINT representative_person_fk FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT representative_kind_known
        CHECK (kind IN ('tutor', 'curador', 'procurador', 'responsavel'))
);
CREATE UNIQUE INDEX representative_once ON representative (person_id, cpf)
    WHERE ended_at IS NULL;
CREATE INDEX representative_cpf ON representative (cpf) WHERE ended_at IS NULL;

CREATE TABLE case_party (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    side text NOT NULL,
    person_id uuid,
    supplier_id uuid,
    role text NOT NULL,
    added_by text NOT NULL,
    added_name text NOT NULL,
    created_at timestamptz NOT NULL,
    removed_at timestamptz,
    removed_by text NOT NULL DEFAULT '',
    CONSTRAINT case_party_pk PRIMARY KEY (id),
    CONSTRAINT case_party_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT case_party_person_fk FOREIGN KEY (person_id) REFERENCES person (id),
    CONSTRAINT case_party_supplier_fk FOREIGN KEY (supplier_id) REFERENCES supplier (id),
    CONSTRAINT case_party_side_fits CHECK (
        (side = 'consumer' AND person_id IS NOT NULL AND supplier_id IS NULL)
        OR (side = 'supplier' AND supplier_id IS NOT NULL AND person_id IS NULL)),
    CONSTRAINT case_party_role_known CHECK (
        role IN ('autor', 'assistente', 'reu', 'corresponsavel'))
);
CREATE UNIQUE INDEX case_party_person_once ON case_party (case_id, person_id)
    WHERE removed_at IS NULL AND person_id IS NOT NULL;
CREATE UNIQUE INDEX case_party_supplier_once ON case_party (case_id, supplier_id)
    WHERE removed_at IS NULL AND supplier_id IS NOT NULL;
CREATE INDEX case_party_person ON case_party (person_id) WHERE removed_at IS NULL;
CREATE INDEX case_party_supplier ON case_party (supplier_id) WHERE removed_at IS NULL;

CREATE TABLE case_view (
    id uuid NOT NULL,
    case_id uuid NOT NULL,
    actor text NOT NULL,
    name text NOT NULL,
    side text NOT NULL,
    role text NOT NULL DEFAULT '',
    hour timestamptz NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT case_view_pk PRIMARY KEY (id),
    CONSTRAINT case_view_case_fk FOREIGN KEY (case_id) REFERENCES case_file (id),
    CONSTRAINT case_view_once_an_hour UNIQUE (case_id, actor, hour),
    CONSTRAINT case_view_side_known CHECK (side IN ('staff', 'consumer', 'supplier'))
);
"""


async def forwards() -> MigrationManager:
    """Create the tables."""
    return sql_migration("mandates", ID, DESCRIPTION, SQL)
