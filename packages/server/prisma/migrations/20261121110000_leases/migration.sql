-- release: 1
-- Leases: who holds what until when, what was revoked and who has heard of it, and the one call that issues.

-- No lease of the organization, or of the key, lives longer than this at a time.
ALTER TABLE organization ADD COLUMN max_lease_seconds integer NOT NULL DEFAULT 3600 CHECK (max_lease_seconds BETWEEN 30 AND 3600);
ALTER TABLE provider_key ADD COLUMN max_lease_seconds integer CHECK (max_lease_seconds BETWEEN 30 AND 3600);

-- Counts what decides about leases: facts that were read under another number are read again.
CREATE TABLE policy_version (
  organization_id text PRIMARY KEY REFERENCES organization (id),
  version bigint NOT NULL
);
SELECT keylease_protect('policy_version', 'SELECT, INSERT, UPDATE');

-- A grant exercised by one holder. No foreign keys: the row outlives what it names, and issuing must wait for no row of management.
CREATE TABLE lease (
  organization_id text NOT NULL,
  id text NOT NULL,
  project_id text NOT NULL,
  team_id text,
  agent_id text NOT NULL,
  environment text NOT NULL,
  -- The platform key or the trust rule that it was issued to.
  holder_kind text NOT NULL,
  holder_id text NOT NULL,
  grant_id text NOT NULL,
  provider text NOT NULL,
  key_id text NOT NULL,
  key_version_id text NOT NULL,
  delivery text NOT NULL CHECK (delivery IN ('gateway', 'direct', 'minted')),
  -- What its use is limited to.
  scope jsonb NOT NULL,
  policy_version bigint NOT NULL,
  idempotency_key text,
  request_hash bytea,
  issued_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  -- The most that it is issued or renewed for at a time.
  longest_seconds integer NOT NULL,
  -- Renewals end here: its lifetime, and what it must not outlive.
  ends_by timestamptz(3) NOT NULL,
  renewed_at timestamptz(3),
  last_used_at timestamptz(3),
  opened_through bigint,
  open_intents jsonb NOT NULL DEFAULT '[]',
  last_sequence bigint,
  ended_at timestamptz(3),
  end_reason text CHECK (end_reason IN ('released', 'expired', 'revoked')),
  PRIMARY KEY (organization_id, id),
  CHECK ((ended_at IS NULL) = (end_reason IS NULL))
);
-- The leases of an agent, newest first.
CREATE INDEX lease_by_agent ON lease (organization_id, agent_id, id);
-- The revoked leases, newest first: few among many.
CREATE INDEX lease_revoked ON lease (organization_id, id) WHERE end_reason = 'revoked';
-- The leases of a key and of each of its versions: whether a draining one is spent, impact, revocation.
CREATE INDEX lease_by_key ON lease (organization_id, key_id, key_version_id, expires_at);
-- The clean-up takes what has expired, a batch at a time. Its condition is worded otherwise than that of the agents' index: before its first
-- statistics Postgres would take this one to count the leases of an agent, and read those of all.
CREATE INDEX lease_expiry ON lease (organization_id, expires_at) WHERE end_reason IS NULL;
-- The clean-up forgets what ended long ago.
CREATE INDEX lease_ended ON lease (organization_id, ended_at) WHERE ended_at IS NOT NULL;
-- One lease for an Idempotency-Key of a holder.
CREATE UNIQUE INDEX lease_idempotency ON lease (organization_id, holder_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
-- The live leases of an agent: its limit, its event stream. Made last: before the first statistics it looks like others that begin with
-- the agent, and Postgres takes the newest.
CREATE INDEX lease_live_by_agent ON lease (organization_id, agent_id, expires_at) WHERE ended_at IS NULL;
SELECT keylease_protect('lease');

-- Money reserved for one holder in the windows of one budget path. Nothing reserves before budgets exist.
CREATE TABLE slice (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  lease_id text,
  holder text NOT NULL,
  budget_path text[] NOT NULL,
  nanos bigint NOT NULL CHECK (nanos >= 0),
  settled_nanos bigint NOT NULL DEFAULT 0 CHECK (settled_nanos >= 0),
  state text NOT NULL CHECK (state IN ('open', 'closed', 'quarantined', 'settled')),
  valid_from timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  last_sequence bigint,
  opened_at timestamptz(3) NOT NULL,
  closed_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, lease_id) REFERENCES lease (organization_id, id)
);
-- The slices of a lease: settling, closing.
CREATE INDEX slice_by_lease ON slice (organization_id, lease_id);
SELECT keylease_protect('slice');

-- Every lease of a scope that was issued at or before not_before has ended. Kept until no such lease can be alive.
CREATE TABLE revocation (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  scope text NOT NULL CHECK (scope IN ('organization', 'project', 'agent', 'key', 'key-version', 'grant', 'platform-key', 'trust-rule', 'lease')),
  scope_id text NOT NULL,
  not_before timestamptz(3) NOT NULL,
  in_flight text NOT NULL CHECK (in_flight IN ('finish', 'cut')),
  revoked integer NOT NULL,
  keep_until timestamptz(3) NOT NULL,
  -- When every lease that it ended had it in its row: until then rows are read together with it.
  settled_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, id)
);
-- Which revocation ended a lease: of any of the scopes that it is in.
CREATE INDEX revocation_by_scope ON revocation (organization_id, scope_id, not_before);
-- Whether a lease is revoked whose row does not say so yet; the clean-up takes the oldest.
CREATE INDEX revocation_unsettled ON revocation (organization_id, scope_id, not_before) WHERE settled_at IS NULL;
-- A new lease is issued after the newest of them.
CREATE INDEX revocation_newest ON revocation (organization_id, not_before);
SELECT keylease_protect('revocation');
CREATE POLICY feed ON revocation FOR SELECT TO keylease_system USING (true);

-- A connected event stream of an agent, seen every few seconds by the process that holds it.
CREATE TABLE event_client (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  agent_id text NOT NULL,
  connected_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  seen_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (organization_id, id)
);
-- A revocation finds the clients of the agents that it meets.
CREATE INDEX event_client_by_agent ON event_client (organization_id, agent_id);
SELECT keylease_protect('event_client');

-- Which of the clients that were connected has said that a revocation is obeyed.
CREATE TABLE revocation_ack (
  organization_id text NOT NULL,
  revocation_id text NOT NULL,
  client_id text NOT NULL,
  agent_id text NOT NULL,
  acknowledged_at timestamptz(3),
  PRIMARY KEY (organization_id, revocation_id, client_id),
  FOREIGN KEY (organization_id, revocation_id) REFERENCES revocation (organization_id, id) ON DELETE CASCADE
);
SELECT keylease_protect('revocation_ack');

-- A value that was delivered in clear and whose leases were revoked: open until a probe proves it dead. Made under the policy lock,
-- where a foreign key would wait for whoever changes the key.
CREATE TABLE lease_task (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  key_id text NOT NULL,
  key_version_id text NOT NULL,
  revocation_id text NOT NULL,
  opened_at timestamptz(3) NOT NULL,
  closed_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- A value has one open task.
CREATE UNIQUE INDEX lease_task_open ON lease_task (organization_id, key_version_id) WHERE closed_at IS NULL;
SELECT keylease_protect('lease_task', 'SELECT, INSERT, UPDATE');

-- An id of the same shape as those that the service makes, for rows that are made here.
CREATE FUNCTION keylease_new_id(prefix text) RETURNS text LANGUAGE sql VOLATILE AS $$
  WITH source AS (SELECT '0123456789abcdefghjkmnpqrstvwxyz' AS letters, (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS ms)
  SELECT prefix || '_' || string_agg(substr(letters, 1 + CASE WHEN place < 10 THEN ((ms >> (5 * (9 - place))) & 31)::integer ELSE floor(random() * 32)::integer END, 1), '' ORDER BY place)
  FROM source, generate_series(0, 25) AS place
$$;

-- Whether a lease was revoked while it was alive, though its row does not say so yet.
CREATE FUNCTION keylease_is_revoked(l lease) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (
    SELECT FROM revocation r
    WHERE r.organization_id = l.organization_id AND r.settled_at IS NULL AND r.not_before >= l.issued_at AND r.not_before < l.expires_at
      AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id, l.holder_id, l.id))
$$;

CREATE FUNCTION keylease_lease_status(l lease, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN l.end_reason IS NOT NULL THEN l.end_reason WHEN keylease_is_revoked(l) THEN 'revoked' WHEN l.expires_at <= at THEN 'expired' ELSE 'active' END
$$;

-- Issuing waits here while the policy of the organization changes, and the change while leases are being issued under the old one.
CREATE FUNCTION keylease_policy_lock(organization text) RETURNS bigint LANGUAGE sql IMMUTABLE
  RETURN hashtextextended('keylease policy ' || organization, 0);

-- Ends the leases of a scope: by one row, however many they are. Under the lock no lease is being issued, so none is missed.
CREATE FUNCTION keylease_revoke(tenant text, of_scope text, of_id text, how text, at timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  named CONSTANT text := CASE of_scope WHEN 'organization' THEN 'organization_id' WHEN 'project' THEN 'project_id' WHEN 'agent' THEN 'agent_id'
    WHEN 'key' THEN 'key_id' WHEN 'key-version' THEN 'key_version_id' WHEN 'grant' THEN 'grant_id' WHEN 'lease' THEN 'id' ELSE 'holder_id' END;
  met record;
  agents text[];
  keys text[];
  live_of text;
  unsettled timestamptz;
  new_id CONSTANT text := keylease_new_id('rvk');
  ended_by timestamptz(3);
BEGIN
  PERFORM pg_advisory_xact_lock(keylease_policy_lock(tenant));
  unsettled := (SELECT max(r.not_before) FROM revocation r WHERE r.organization_id = tenant AND r.settled_at IS NULL);
  -- Read once as a whole, whose leases they are apart: what is distinct among a million is found by hashing, not by sorting.
  live_of := format('FROM lease l WHERE organization_id = $1 AND %I = $2 AND ended_at IS NULL AND expires_at > $3
    AND ($4 IS NULL OR issued_at > $4 OR NOT EXISTS (SELECT FROM revocation r WHERE r.organization_id = $1 AND r.settled_at IS NULL
      AND r.not_before >= l.issued_at AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id, l.key_version_id, l.grant_id,
      l.holder_id, l.id)))', named);
  EXECUTE 'SELECT count(*)::integer AS live, max(issued_at) AS newest ' || live_of INTO met USING tenant, of_id, at, unsettled;
  IF met.newest IS NULL THEN
    RETURN jsonb_build_object('revocationId', NULL, 'revoked', 0, 'keys', '[]'::jsonb);
  END IF;
  EXECUTE 'SELECT ARRAY(SELECT DISTINCT agent_id ' || live_of || ')' INTO agents USING tenant, of_id, at, unsettled;
  EXECUTE 'SELECT ARRAY(SELECT DISTINCT key_id ' || live_of || ')' INTO keys USING tenant, of_id, at, unsettled;
  ended_by := greatest(at, met.newest);
  INSERT INTO revocation (organization_id, id, scope, scope_id, not_before, in_flight, revoked, keep_until, settled_at)
    VALUES (tenant, new_id, of_scope, of_id, ended_by, how, met.live, ended_by + interval '24 hours', CASE WHEN met.live <= 1000 THEN at END);
  INSERT INTO revocation_ack (organization_id, revocation_id, client_id, agent_id)
    SELECT tenant, new_id, c.id, c.agent_id FROM event_client c
    WHERE c.organization_id = tenant AND c.agent_id = ANY (agents) AND c.seen_at > clock_timestamp() - interval '45 seconds';
  EXECUTE format(
    'INSERT INTO lease_task (organization_id, id, key_id, key_version_id, revocation_id, opened_at)
     SELECT $1, keylease_new_id(''task''), key_id, key_version_id, $4, $3 FROM (
       SELECT DISTINCT key_id, key_version_id FROM lease WHERE organization_id = $1 AND %I = $2 AND ended_at IS NULL AND delivery = ''direct''
         AND expires_at > $5) AS held
     ON CONFLICT (organization_id, key_version_id) WHERE closed_at IS NULL DO NOTHING', named)
    USING tenant, of_id, ended_by, new_id, at;
  IF met.live <= 1000 THEN
    EXECUTE format('UPDATE lease SET ended_at = $3, end_reason = ''revoked'' WHERE organization_id = $1 AND %I = $2 AND ended_at IS NULL AND expires_at > $4', named)
      USING tenant, of_id, ended_by, at;
  END IF;
  INSERT INTO change (organization_id, kind, payload) VALUES (tenant, 'lease.revoked', jsonb_build_object(
    'revocationId', new_id, 'scope', of_scope, 'scopeId', of_id, 'inFlight', how, 'notBefore', (extract(epoch FROM ended_by) * 1000)::bigint,
    'agents', CASE WHEN cardinality(agents) <= 1000 THEN to_jsonb(agents) END));
  PERFORM pg_notify('keylease_change', '');
  RETURN jsonb_build_object('revocationId', new_id, 'revoked', met.live, 'keys', to_jsonb(keys));
END $$;

CREATE FUNCTION keylease_count_policy(organization text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(keylease_policy_lock(organization));
  INSERT INTO policy_version AS p (organization_id, version) VALUES (organization, 1)
    ON CONFLICT (organization_id) DO UPDATE SET version = p.version + 1;
END $$;

-- At the end of a transaction, so that it waits for nobody while it holds the lock: the policy has changed, and what it ends, ends.
CREATE FUNCTION keylease_policy_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM keylease_count_policy(NEW.organization_id);
  IF TG_NARGS > 0 THEN
    PERFORM keylease_revoke(NEW.organization_id, TG_ARGV[0], NEW.id,
      coalesce(nullif(current_setting('keylease.in_flight', true), ''), 'finish'), clock_timestamp());
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER policy_changed AFTER INSERT ON "grant" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER policy_changed_later AFTER UPDATE ON "grant" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.* IS DISTINCT FROM NEW.*) EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON "grant" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL OR NEW.expires_at < coalesce(OLD.expires_at, 'infinity'))
  EXECUTE FUNCTION keylease_policy_changed('grant');

CREATE CONSTRAINT TRIGGER policy_changed AFTER UPDATE ON agent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.enabled, OLD.deleted_at, OLD.project_id) IS DISTINCT FROM (NEW.enabled, NEW.deleted_at, NEW.project_id))
  EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON agent DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.enabled AND NOT NEW.enabled OR OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL OR OLD.project_id <> NEW.project_id)
  EXECUTE FUNCTION keylease_policy_changed('agent');

CREATE CONSTRAINT TRIGGER policy_changed AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.team_id, OLD.environment, OLD.deleted_at) IS DISTINCT FROM (NEW.team_id, NEW.environment, NEW.deleted_at))
  EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON project DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL OR OLD.environment <> NEW.environment)
  EXECUTE FUNCTION keylease_policy_changed('project');

-- Where and how a key was last used, and when it was last checked, decides about no lease.
CREATE CONSTRAINT TRIGGER policy_changed AFTER INSERT ON provider_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER policy_changed_later AFTER UPDATE ON provider_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.provider, OLD.category, OLD.tags, OLD.environment, OLD.delivery, OLD.status, OLD.health, OLD.upstream_organization, OLD.region,
      OLD.deployment, OLD.base_url, OLD.api_version, OLD.max_lease_seconds, OLD.expires_at, OLD.deleted_at)
    IS DISTINCT FROM (NEW.provider, NEW.category, NEW.tags, NEW.environment, NEW.delivery, NEW.status, NEW.health, NEW.upstream_organization, NEW.region,
      NEW.deployment, NEW.base_url, NEW.api_version, NEW.max_lease_seconds, NEW.expires_at, NEW.deleted_at))
  EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON provider_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.status = 'active' AND NEW.status <> 'active' OR OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    OR OLD.environment IS DISTINCT FROM NEW.environment AND NEW.environment IS NOT NULL OR NEW.expires_at < coalesce(OLD.expires_at, 'infinity'))
  EXECUTE FUNCTION keylease_policy_changed('key');

CREATE CONSTRAINT TRIGGER policy_changed AFTER UPDATE ON key_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.state <> NEW.state) EXECUTE FUNCTION keylease_policy_changed();
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON key_version DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.state IN ('current', 'draining') AND NEW.state IN ('retired', 'destroyed')) EXECUTE FUNCTION keylease_policy_changed('key-version');

CREATE FUNCTION keylease_settings_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM keylease_count_policy(NEW.id);
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER policy_changed AFTER UPDATE ON organization DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.max_lease_seconds <> NEW.max_lease_seconds) EXECUTE FUNCTION keylease_settings_changed();

CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON platform_key DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL OR NEW.expires_at < coalesce(OLD.expires_at, 'infinity'))
  EXECUTE FUNCTION keylease_policy_changed('platform-key');
CREATE CONSTRAINT TRIGGER leases_end AFTER UPDATE ON trust_rule DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (OLD.enabled AND NOT NEW.enabled OR OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL
    OR (OLD.issuer, OLD.subject_pattern, OLD.claims) IS DISTINCT FROM (NEW.issuer, NEW.subject_pattern, NEW.claims))
  EXECUTE FUNCTION keylease_policy_changed('trust-rule');

-- A probe that proves a value dead closes its task.
CREATE FUNCTION keylease_close_task() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE lease_task SET closed_at = clock_timestamp()
  WHERE organization_id = NEW.organization_id AND key_version_id = NEW.version_id AND closed_at IS NULL;
  RETURN NULL;
END $$;
CREATE TRIGGER closes_task AFTER INSERT ON probe FOR EACH ROW WHEN (NEW.valid = false) EXECUTE FUNCTION keylease_close_task();

-- Whether the platform key or the trust rule of a request is still good. Its cache may be a second behind; this is not.
CREATE FUNCTION keylease_holder_lives(organization text, kind text, holder text, at timestamptz) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF kind = 'platform-key' THEN
    RETURN EXISTS (SELECT FROM platform_key k WHERE k.organization_id = organization AND k.id = holder AND k.revoked_at IS NULL
      AND (k.expires_at IS NULL OR k.expires_at > at));
  END IF;
  RETURN kind = 'workload' AND EXISTS (SELECT FROM trust_rule t WHERE t.organization_id = organization AND t.id = holder AND t.enabled
    AND t.deleted_at IS NULL);
END $$;

-- Issues the leases that one organization asks for at once. Each request has its own lease and its own answer, by its id. The live leases
-- of an agent are read in the order of their index and in no other way: a plan is kept for good, and may be made when there were few.
CREATE FUNCTION keylease_reserve(input jsonb) RETURNS jsonb LANGUAGE plpgsql
  SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  tenant CONSTANT text := input->>'organizationId';
  at timestamptz(3) := (input->>'now')::timestamptz;
  unsettled timestamptz;
  agents text[];
  live jsonb;
  wanted record;
  present record;
  lost text[];
  answers jsonb[];
BEGIN
  PERFORM set_config('keylease.organization_id', tenant, true);
  PERFORM pg_advisory_xact_lock_shared(keylease_policy_lock(tenant));
  IF coalesce((SELECT version FROM policy_version WHERE organization_id = tenant), 0) <> (input->>'policyVersion')::bigint THEN
    RETURN jsonb_build_object('stale', true);
  END IF;
  -- In the order of agents, here and everywhere: two that each wait for the other's agent cannot be.
  agents := ARRAY(SELECT DISTINCT w->>'agent_id' AS agent FROM jsonb_array_elements(input->'requests') AS w ORDER BY agent);
  PERFORM pg_advisory_xact_lock(hashtextextended('keylease agent ' || agent, 0)) FROM unnest(agents) AS agent;
  SELECT greatest(at, (SELECT max(not_before) + interval '1 millisecond' FROM revocation WHERE organization_id = tenant)),
    (SELECT max(not_before) FROM revocation WHERE organization_id = tenant AND settled_at IS NULL) INTO at, unsettled;
  SELECT jsonb_object_agg(agent, counted.leases) INTO live FROM unnest(agents) AS agent, LATERAL (SELECT count(*) AS leases FROM (
    SELECT FROM lease l WHERE organization_id = tenant AND agent_id = agent AND ended_at IS NULL AND expires_at > at
      AND (unsettled IS NULL OR issued_at > unsettled OR NOT EXISTS (SELECT FROM revocation r WHERE r.organization_id = tenant
        AND r.settled_at IS NULL AND r.not_before >= l.issued_at AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id,
        l.key_version_id, l.grant_id, l.holder_id, l.id)))
    ORDER BY expires_at LIMIT (input->>'limit')::integer) AS alive) AS counted;
  WITH asked AS MATERIALIZED (
    SELECT w.*, least(at + make_interval(secs => least(ttl_seconds, longest_seconds)), ends_by)::timestamptz(3) AS expires_at
    FROM jsonb_to_recordset(input->'requests') AS w(id text, project_id text, team_id text, agent_id text, environment text, holder_kind text,
      holder_id text, grant_id text, provider text, key_id text, key_version_id text, delivery text, scope jsonb, idempotency_key text,
      request_hash text, ttl_seconds integer, longest_seconds integer, ends_by timestamptz, audit_id text, actor_name text, request_id text,
      salt text, address text, user_agent text, address_commitment text, user_agent_commitment text)
  ), judged AS MATERIALIZED (
    SELECT id, agent_id, CASE
      WHEN idempotency_key IS NOT NULL AND row_number() OVER (PARTITION BY holder_id, idempotency_key ORDER BY id) > 1 THEN 'again'
      WHEN NOT keylease_holder_lives(tenant, holder_kind, holder_id, at) THEN 'holder_ended'
      WHEN ends_by <= at THEN 'again'
    END AS fault FROM asked
  ), placed AS MATERIALIZED (
    SELECT id, coalesce(fault, CASE WHEN (live->>agent_id)::integer + row_number() OVER (PARTITION BY agent_id, fault ORDER BY id)
      > (input->>'limit')::integer THEN 'limit' END) AS fault FROM judged
  ), fitting AS MATERIALIZED (
    SELECT * FROM asked WHERE id IN (SELECT id FROM placed WHERE fault IS NULL)
  ), leases AS (
    INSERT INTO lease AS l (organization_id, id, project_id, team_id, agent_id, environment, holder_kind, holder_id, grant_id, provider, key_id,
      key_version_id, delivery, scope, policy_version, idempotency_key, request_hash, longest_seconds, issued_at, expires_at, ends_by)
    SELECT tenant, id, project_id, team_id, agent_id, environment, holder_kind, holder_id, grant_id, provider, key_id, key_version_id, delivery,
      scope, (input->>'policyVersion')::bigint, idempotency_key, decode(request_hash, 'hex'), longest_seconds, at, expires_at,
      least(ends_by, at + interval '24 hours') FROM fitting
    ON CONFLICT (organization_id, holder_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING l.id
  ), issued AS MATERIALIZED (
    SELECT * FROM fitting WHERE id IN (SELECT id FROM leases)
  ), personal AS (
    INSERT INTO audit_personal (organization_id, entry_id, salt, address, user_agent)
    SELECT tenant, audit_id, decode(salt, 'hex'), address, user_agent FROM issued
  ), entries AS (
    INSERT INTO audit_entry (organization_id, occurred_at, id, actor_kind, actor_id, actor_name, action, resource_kind, resource_id, request_id,
      after, address_commitment, user_agent_commitment)
    SELECT tenant, at, audit_id, holder_kind, holder_id, actor_name, 'lease.issued', 'lease', id, request_id,
      jsonb_build_object('id', id, 'projectId', project_id, 'agentId', agent_id, 'environment', environment, 'grantId', grant_id,
        'provider', provider, 'keyId', key_id, 'keyVersionId', key_version_id, 'delivery', delivery, 'scope', scope,
        'expiresAt', to_char(expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      decode(address_commitment, 'hex'), decode(user_agent_commitment, 'hex') FROM issued
  )
  SELECT array_agg(CASE WHEN i.id IS NOT NULL THEN jsonb_build_object('id', id, 'issuedAt', at, 'expiresAt', i.expires_at)
      ELSE jsonb_build_object('id', id, 'fault', fault) END) FILTER (WHERE i.id IS NOT NULL OR fault IS NOT NULL),
    array_agg(id) FILTER (WHERE i.id IS NULL AND fault IS NULL)
    INTO answers, lost FROM placed LEFT JOIN issued i USING (id);
  IF lost IS NULL THEN
    RETURN jsonb_build_object('answers', answers);
  END IF;
  FOR wanted IN
    SELECT * FROM jsonb_to_recordset(input->'requests') AS w(id text, holder_id text, idempotency_key text) WHERE id = ANY (lost)
  LOOP
    EXECUTE 'SELECT id, issued_at, expires_at, key_version_id, request_hash, keylease_lease_status(l, $4) AS status, key_id, grant_id, delivery,
        scope, environment, project_id FROM lease l WHERE organization_id = $1 AND holder_id = $2 AND idempotency_key = $3'
      INTO present USING tenant, wanted.holder_id, wanted.idempotency_key, at;
    IF present.issued_at > at - interval '24 hours' THEN
      answers := answers || jsonb_build_object('id', wanted.id, 'repeated', to_jsonb(present));
    ELSE
      EXECUTE 'UPDATE lease SET idempotency_key = NULL WHERE organization_id = $1 AND id = $2' USING tenant, present.id;
      answers := answers || jsonb_build_object('id', wanted.id, 'fault', 'again');
    END IF;
  END LOOP;
  RETURN jsonb_build_object('answers', answers);
END $$;

-- Renews the leases that one organization asks for at once, in the order of their ids. A lease of another policy version, or one that only
-- certain addresses may use, is renewed once the policy was asked again.
CREATE FUNCTION keylease_renew(input jsonb) RETURNS jsonb LANGUAGE plpgsql SET jit = off AS $$
DECLARE
  tenant CONSTANT text := input->>'organizationId';
  at CONSTANT timestamptz(3) := (input->>'now')::timestamptz;
  version bigint;
  wanted record;
  l lease;
  status text;
  answers jsonb[] := '{}';
BEGIN
  PERFORM set_config('keylease.organization_id', tenant, true);
  version := coalesce((SELECT p.version FROM policy_version p WHERE p.organization_id = tenant), 0);
  FOR wanted IN
    SELECT * FROM jsonb_to_recordset(input->'requests') AS w(place integer, id text, agent_id text, holder_kind text, holder_id text,
      ttl_seconds integer, longest_seconds integer, ends_by timestamptz, opened_through bigint, open_intents jsonb, policy_version bigint)
    ORDER BY w.id
  LOOP
    EXECUTE 'SELECT * FROM lease WHERE organization_id = $1 AND id = $2 AND agent_id = $3 FOR UPDATE' INTO l
      USING tenant, wanted.id, wanted.agent_id;
    IF l.id IS NULL THEN
      answers := answers || jsonb_build_object('place', wanted.place, 'fault', 'absent');
      CONTINUE;
    END IF;
    status := keylease_lease_status(l, at);
    IF status <> 'active' THEN
      answers := answers || jsonb_build_object('place', wanted.place, 'fault', status);
    ELSIF NOT keylease_holder_lives(tenant, wanted.holder_kind, wanted.holder_id, at) THEN
      answers := answers || jsonb_build_object('place', wanted.place, 'fault', 'holder_ended');
    ELSIF coalesce(wanted.policy_version, l.policy_version) <> version
        OR wanted.policy_version IS NULL AND jsonb_array_length(l.scope->'addresses') > 0 THEN
      answers := answers || jsonb_build_object('place', wanted.place, 'fault', 'ask', 'lease', to_jsonb(l) - 'open_intents' - 'request_hash');
    ELSE
      l.longest_seconds := coalesce(wanted.longest_seconds, l.longest_seconds);
      l.ends_by := least(l.ends_by, wanted.ends_by);
      l.expires_at := greatest(l.expires_at, least(at + make_interval(secs => least(wanted.ttl_seconds, l.longest_seconds)), l.ends_by));
      EXECUTE 'UPDATE lease SET longest_seconds = $3, ends_by = $4, expires_at = $5, renewed_at = $6, policy_version = $7,
          opened_through = greatest(opened_through, $8), open_intents = coalesce($9, open_intents) WHERE organization_id = $1 AND id = $2'
        USING tenant, l.id, l.longest_seconds, l.ends_by, l.expires_at, at, version, wanted.opened_through, wanted.open_intents;
      answers := answers || jsonb_build_object('place', wanted.place, 'renewed', to_jsonb(l) - 'open_intents' - 'request_hash');
    END IF;
  END LOOP;
  RETURN jsonb_build_object('answers', answers);
END $$;
