-- release: 1
-- The ground: tenancy, organizations, projects, audit entries, idempotency, changes, encryption keys, replicas.

-- The tenant of this transaction; no tenant set means no row is visible.
CREATE FUNCTION keylease_organization() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('keylease.organization_id', true), '');

-- Makes a table a tenant table: row security on and forced, one policy for reading and writing, rights for requests.
CREATE FUNCTION keylease_protect(target regclass, rights text DEFAULT 'SELECT, INSERT, UPDATE, DELETE', tenant_column text DEFAULT 'organization_id')
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', target);
  EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', target);
  EXECUTE format('CREATE POLICY tenant ON %s TO keylease_app, keylease_system USING (%I = (SELECT keylease_organization())) WITH CHECK (%I = (SELECT keylease_organization()))', target, tenant_column, tenant_column);
  EXECUTE format('GRANT %s ON %s TO keylease_app, keylease_system', rights, target);
END $$;

-- The tenant.
CREATE TABLE organization (
  id text PRIMARY KEY,
  name text NOT NULL,
  time_zone text NOT NULL DEFAULT 'UTC',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
SELECT keylease_protect('organization', 'SELECT, INSERT, UPDATE', 'id');
-- The system role finds the tenants here, then works in one at a time.
CREATE POLICY directory ON organization FOR SELECT TO keylease_system USING (true);

-- What agents work in, with its environment and cost centre.
CREATE TABLE project (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  environment text NOT NULL CHECK (environment IN ('development', 'staging', 'production')),
  cost_centre text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The list: live projects of one organization, newest first (ids sort by time).
CREATE INDEX project_live ON project (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('project');

-- One row per management write, in the same transaction as what it records. Months are dropped whole once checkpointed.
CREATE TABLE audit_entry (
  organization_id text NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  id text NOT NULL,
  actor_kind text NOT NULL,
  actor_id text NOT NULL,
  actor_name text NOT NULL,
  action text NOT NULL,
  resource_kind text NOT NULL,
  resource_id text NOT NULL,
  request_id text NOT NULL,
  before jsonb,
  after jsonb,
  address_commitment bytea NOT NULL,
  user_agent_commitment bytea NOT NULL
) PARTITION BY RANGE (occurred_at);
-- The history of one resource, newest first.
CREATE INDEX audit_entry_resource ON audit_entry (organization_id, resource_kind, resource_id, occurred_at DESC);
-- Made last: before the first statistics all indexes look alike, and Postgres takes the newest.
ALTER TABLE audit_entry ADD PRIMARY KEY (organization_id, occurred_at, id);
SELECT keylease_protect('audit_entry', 'SELECT, INSERT');

-- What the commitments open to. Erasing a row here leaves every entry provable and nobody named. Written with its entry, which has no
-- foreign key either: the check of each row locks that of the organization.
CREATE TABLE audit_personal (
  organization_id text NOT NULL,
  entry_id text NOT NULL,
  salt bytea NOT NULL,
  address text NOT NULL,
  user_agent text NOT NULL,
  PRIMARY KEY (organization_id, entry_id)
);
SELECT keylease_protect('audit_personal', 'SELECT, INSERT, DELETE');

CREATE FUNCTION keylease_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION keylease_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_entry FOR EACH STATEMENT EXECUTE FUNCTION keylease_refuse_change();

-- The answer to a request that carried an Idempotency-Key, written in the transaction of its effect.
CREATE TABLE idempotency (
  organization_id text NOT NULL REFERENCES organization (id),
  actor_id text NOT NULL,
  route text NOT NULL,
  key text NOT NULL,
  request_hash bytea NOT NULL,
  response jsonb,
  -- Only for answers that hold a secret: sealed, and gone ten minutes later.
  sealed_response bytea,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, actor_id, route, key)
);
-- The clean-up removes the oldest rows of one organization.
CREATE INDEX idempotency_age ON idempotency (organization_id, created_at);
-- The clean-up forgets sealed answers long before it removes their rows.
CREATE INDEX idempotency_sealed ON idempotency (organization_id, created_at) WHERE sealed_response IS NOT NULL;
SELECT keylease_protect('idempotency');

-- What changed, for caches, policies and event streams of every replica. Lives 15 minutes.
CREATE TABLE change (
  id bigint GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  organization_id text NOT NULL,
  kind text NOT NULL,
  payload jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
-- Readers of all organizations take rows from their last snapshot's oldest running transaction on.
CREATE INDEX change_by_transaction ON change (xid);
-- The clean-up removes rows past their 15 minutes.
CREATE INDEX change_age ON change (organization_id, created_at);
SELECT keylease_protect('change', 'SELECT, INSERT, DELETE');
CREATE POLICY feed ON change FOR SELECT TO keylease_system USING (true);

-- One row: which root key wraps the keys below, and a value that only the right root key opens.
CREATE TABLE instance (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  root_key_id text NOT NULL,
  root_key_check bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON instance TO keylease_system;

-- Random, versioned instance keys by purpose, wrapped by the root key.
CREATE TABLE keyring (
  purpose text NOT NULL,
  version integer NOT NULL,
  wrapped bytea NOT NULL,
  root_key_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (purpose, version)
);
GRANT SELECT, INSERT, UPDATE ON keyring TO keylease_system;

-- One random key per organization and version, wrapped by the root key. Destroying it is the organization's erasure.
CREATE TABLE organization_key (
  organization_id text NOT NULL REFERENCES organization (id),
  version integer NOT NULL,
  wrapped bytea NOT NULL,
  root_key_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, version)
);
SELECT keylease_protect('organization_key', 'SELECT, INSERT, UPDATE, DELETE');
REVOKE ALL ON organization_key FROM keylease_app;
-- Re-wrapping walks the keys of all organizations; what it sees is ciphertext.
CREATE POLICY rewrap ON organization_key TO keylease_system USING (true) WITH CHECK (true);

-- The keyed hash of KEYLEASE_BOOTSTRAP_TOKEN while the variable is set.
CREATE TABLE bootstrap_credential (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  organization_id text NOT NULL REFERENCES organization (id),
  token_hash bytea NOT NULL,
  pepper_version integer NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT ON bootstrap_credential TO keylease_auth;
GRANT SELECT, INSERT, UPDATE, DELETE ON bootstrap_credential TO keylease_system;

-- Live processes: shared limits are divided by their number.
CREATE TABLE replica (
  id text PRIMARY KEY,
  started_at timestamptz(3) NOT NULL DEFAULT now(),
  seen_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE, DELETE ON replica TO keylease_system;
