-- release: 1
-- Evidence: entries that wait for their leaf, leaves and checkpoints over audit entries, security events.

-- Entries that have no leaf yet. Written with the entry, so none is missed however late its transaction commits.
CREATE TABLE audit_pending (
  organization_id text NOT NULL,
  entry_id text NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  PRIMARY KEY (organization_id, entry_id)
);
SELECT keylease_protect('audit_pending', 'SELECT, INSERT');
GRANT DELETE ON audit_pending TO keylease_system;
CREATE POLICY waiting ON audit_pending FOR SELECT TO keylease_system USING (true);

CREATE FUNCTION keylease_await_leaf() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO audit_pending (organization_id, entry_id, occurred_at) SELECT organization_id, id, occurred_at FROM added;
  RETURN NULL;
END $$;
CREATE TRIGGER await_leaf AFTER INSERT ON audit_entry REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keylease_await_leaf();
-- Entries from before this migration.
ALTER TABLE audit_entry NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_pending NO FORCE ROW LEVEL SECURITY;
INSERT INTO audit_pending (organization_id, entry_id, occurred_at) SELECT organization_id, id, occurred_at FROM audit_entry;
ALTER TABLE audit_entry FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_pending FORCE ROW LEVEL SECURITY;

-- A signed Merkle root over a batch of audit entries of one organization, chained to the root before it.
CREATE TABLE audit_checkpoint (
  organization_id text NOT NULL REFERENCES organization (id),
  number integer NOT NULL CHECK (number > 0),
  size integer NOT NULL CHECK (size > 0),
  root bytea NOT NULL,
  previous_root bytea NOT NULL,
  key_version integer NOT NULL,
  public_key bytea NOT NULL,
  signature bytea NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- When it left for the file and for the webhook. Set once; nothing else of a checkpoint ever changes.
  filed_at timestamptz(3),
  posted_at timestamptz(3),
  PRIMARY KEY (organization_id, number)
);
-- Checkpoints whose anchor has not left yet, oldest first.
CREATE INDEX audit_checkpoint_waiting ON audit_checkpoint (organization_id, number) WHERE filed_at IS NULL OR posted_at IS NULL;
-- An export finds the checkpoints of its range.
CREATE INDEX audit_checkpoint_by_time ON audit_checkpoint (organization_id, created_at);
SELECT keylease_protect('audit_checkpoint', 'SELECT');
GRANT INSERT, UPDATE (filed_at, posted_at) ON audit_checkpoint TO keylease_system;
CREATE POLICY waiting ON audit_checkpoint FOR SELECT TO keylease_system USING (true);

-- Where in which checkpoint an audit entry is, and its digest. Outlives the entry, so that roots stay provable.
CREATE TABLE audit_leaf (
  organization_id text NOT NULL,
  checkpoint integer NOT NULL,
  index integer NOT NULL CHECK (index >= 0),
  entry_id text NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  digest bytea NOT NULL,
  PRIMARY KEY (organization_id, checkpoint, index),
  FOREIGN KEY (organization_id, checkpoint) REFERENCES audit_checkpoint (organization_id, number) DEFERRABLE INITIALLY DEFERRED
);
-- An entry is in one checkpoint: what has a leaf is not taken again, by whichever process.
CREATE UNIQUE INDEX audit_leaf_entry ON audit_leaf (organization_id, entry_id);
-- An export finds the checkpoints of its range, the retention the entries that have theirs.
CREATE INDEX audit_leaf_by_time ON audit_leaf (organization_id, occurred_at);
SELECT keylease_protect('audit_leaf', 'SELECT');
GRANT INSERT ON audit_leaf TO keylease_system;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit_leaf FOR EACH ROW EXECUTE FUNCTION keylease_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_leaf FOR EACH STATEMENT EXECUTE FUNCTION keylease_refuse_change();
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE OF organization_id, number, size, root, previous_root, key_version, public_key, signature, created_at
  ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION keylease_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON audit_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION keylease_refuse_change();

-- What may need a second look: one row for the same event of the same caller in the same minute, with its count.
CREATE TABLE security_event (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  kind text NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  last_at timestamptz(3) NOT NULL,
  count integer NOT NULL,
  actor_kind text,
  actor_id text,
  actor_name text,
  resource_kind text,
  resource_id text,
  request_id text NOT NULL,
  detail jsonb NOT NULL DEFAULT '{}',
  address_commitment bytea NOT NULL,
  user_agent_commitment bytea NOT NULL,
  PRIMARY KEY (organization_id, id)
);
-- The list, newest first, and the clean-up from the other end.
CREATE INDEX security_event_newest ON security_event (organization_id, occurred_at DESC, id DESC);
SELECT keylease_protect('security_event', 'SELECT');
GRANT INSERT, UPDATE, DELETE ON security_event TO keylease_system;
