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

-- At most so many leases of an agent are alive: as many as were counted, and all that were issued since. Counted anew before a lease is
-- refused, so that leases which ended meanwhile are found out.
CREATE TABLE lease_tally (
  organization_id text NOT NULL,
  agent_id text NOT NULL,
  leases integer NOT NULL,
  PRIMARY KEY (organization_id, agent_id)
) WITH (fillfactor = 50);
SELECT keylease_protect('lease_tally', 'SELECT, INSERT, UPDATE');

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

-- How many leases of each of these agents are alive. Their leases are read in the order of their index and in no other way: a plan is kept
-- for good, and may be made when there were few.
CREATE FUNCTION keylease_count_live(tenant text, agents text[], at timestamptz, most integer) RETURNS jsonb LANGUAGE plpgsql
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off AS $$
DECLARE
  unsettled CONSTANT timestamptz := (SELECT max(not_before) FROM revocation WHERE organization_id = tenant AND settled_at IS NULL);
BEGIN
  RETURN (SELECT jsonb_object_agg(agent, counted.leases) FROM unnest(agents) AS agent, LATERAL (SELECT count(*) AS leases FROM (
    SELECT FROM lease l WHERE organization_id = tenant AND agent_id = agent AND ended_at IS NULL AND expires_at > at
      AND (unsettled IS NULL OR issued_at > unsettled OR NOT EXISTS (SELECT FROM revocation r WHERE r.organization_id = tenant
        AND r.settled_at IS NULL AND r.not_before >= l.issued_at AND r.scope_id IN (l.organization_id, l.project_id, l.agent_id, l.key_id,
        l.key_version_id, l.grant_id, l.holder_id, l.id)))
    ORDER BY expires_at LIMIT most) AS alive) AS counted);
END $$;

-- Issues the leases that one organization asks for at once. Of each array an element is one request's; agents and holders are named once.
-- Each request has its own lease and its own answer, by its id.
CREATE FUNCTION keylease_reserve(tenant text, known_version bigint, called_at timestamptz, most integer, first_end timestamptz, agents text[],
  wanted integer[], platform_keys text[], trust_rules text[], ids text[], project_ids text[], team_ids text[], agent_ids text[],
  environments text[], holder_kinds text[], holder_ids text[], grant_ids text[], providers text[], key_ids text[], key_version_ids text[],
  deliveries text[], scopes text[], idempotency_keys text[], request_hashes bytea[], lives_seconds integer[], longests_seconds integer[],
  ends timestamptz[], audit_ids text[], actor_names text[], request_ids text[], salts bytea[], addresses text[], user_agents text[],
  address_commitments bytea[], user_agent_commitments bytea[]) RETURNS jsonb LANGUAGE plpgsql
  SET jit = off SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off AS $$
DECLARE
  at timestamptz(3);
  roomy text[];
  live jsonb;
  living integer;
  faults text[];
  issued text[];
  expiries bigint[];
  present record;
  missed record;
  others jsonb := '[]';
BEGIN
  PERFORM set_config('keylease.organization_id', tenant, true), pg_advisory_xact_lock_shared(keylease_policy_lock(tenant));
  IF coalesce((SELECT version FROM policy_version WHERE organization_id = tenant), 0) <> known_version THEN
    RETURN jsonb_build_object('stale', true);
  END IF;
  -- In the order of agents, here and everywhere: two that each wait for the other's agent cannot be.
  PERFORM pg_advisory_xact_lock(hashtextextended('keylease agent ' || agent, 0)) FROM unnest(agents) AS agent;
  at := greatest(called_at, (SELECT max(not_before) + interval '1 millisecond' FROM revocation WHERE organization_id = tenant));
  WITH counted AS (
    UPDATE lease_tally t SET leases = t.leases + w.count FROM unnest(agents, wanted) AS w(agent, count)
    WHERE t.organization_id = tenant AND t.agent_id = w.agent AND t.leases + w.count <= most RETURNING t.agent_id
  )
  SELECT array_agg(agent_id) INTO roomy FROM counted;
  IF cardinality(roomy) IS DISTINCT FROM cardinality(agents) THEN
    live := keylease_count_live(tenant, ARRAY(SELECT unnest(agents) EXCEPT SELECT unnest(roomy)), at, most);
    INSERT INTO lease_tally AS t (organization_id, agent_id, leases)
      SELECT tenant, w.agent, (live->>w.agent)::integer + w.count FROM unnest(agents, wanted) AS w(agent, count) WHERE live ? w.agent
      ON CONFLICT (organization_id, agent_id) DO UPDATE SET leases = excluded.leases;
  END IF;
  -- Their cache may be a second behind; this is not.
  living := (SELECT count(*) FROM platform_key WHERE organization_id = tenant AND id = ANY (platform_keys) AND revoked_at IS NULL
      AND (expires_at IS NULL OR expires_at > at))
    + (SELECT count(*) FROM trust_rule WHERE organization_id = tenant AND id = ANY (trust_rules) AND enabled AND deleted_at IS NULL);
  IF live IS NOT NULL OR first_end <= at OR living < coalesce(cardinality(platform_keys), 0) + coalesce(cardinality(trust_rules), 0) THEN
    faults := ARRAY(SELECT coalesce(fault, CASE WHEN (live->>agent)::integer + row_number() OVER (PARTITION BY agent, fault ORDER BY place)
        > most THEN 'limit' END)
      FROM (SELECT agent, place, CASE WHEN NOT keylease_holder_lives(tenant, kind, holder, at) THEN 'holder_ended' WHEN ends_by <= at THEN 'again'
          END AS fault
        FROM unnest(agent_ids, holder_kinds, holder_ids, ends) WITH ORDINALITY AS w(agent, kind, holder, ends_by, place)) AS judged ORDER BY place);
  END IF;
  WITH leases AS (
    INSERT INTO lease AS l (organization_id, id, project_id, team_id, agent_id, environment, holder_kind, holder_id, grant_id, provider, key_id,
      key_version_id, delivery, scope, policy_version, idempotency_key, request_hash, longest_seconds, issued_at, expires_at, ends_by)
    SELECT tenant, id, project_id, team_id, agent_id, environment, holder_kind, holder_id, grant_id, provider, key_id, key_version_id, delivery,
      scope::jsonb, known_version, idempotency_key, request_hash, longest, at, least(at + make_interval(secs => life), last_end),
      least(last_end, at + interval '24 hours')
    FROM (SELECT unnest(ids) AS id, unnest(project_ids) AS project_id, unnest(team_ids) AS team_id, unnest(agent_ids) AS agent_id,
      unnest(environments) AS environment, unnest(holder_kinds) AS holder_kind, unnest(holder_ids) AS holder_id, unnest(grant_ids) AS grant_id,
      unnest(providers) AS provider, unnest(key_ids) AS key_id, unnest(key_version_ids) AS key_version_id, unnest(deliveries) AS delivery,
      unnest(scopes) AS scope, unnest(idempotency_keys) AS idempotency_key, unnest(request_hashes) AS request_hash,
      unnest(lives_seconds) AS life, unnest(longests_seconds) AS longest, unnest(ends) AS last_end, unnest(faults) AS fault) AS asked
    WHERE fault IS NULL
    ON CONFLICT (organization_id, holder_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING
    RETURNING l.id, l.expires_at
  )
  SELECT array_agg(id), array_agg((extract(epoch FROM expires_at) * 1000)::bigint) INTO issued, expiries FROM leases;
  INSERT INTO audit_personal (organization_id, entry_id, salt, address, user_agent)
    SELECT tenant, entry_id, salt, address, user_agent FROM (SELECT unnest(ids) AS id, unnest(audit_ids) AS entry_id, unnest(salts) AS salt,
      unnest(addresses) AS address, unnest(user_agents) AS user_agent) AS asked WHERE id = ANY (issued);
  INSERT INTO audit_entry (organization_id, occurred_at, id, actor_kind, actor_id, actor_name, action, resource_kind, resource_id, request_id,
      after, address_commitment, user_agent_commitment)
    SELECT tenant, at, entry_id, holder_kind, holder_id, actor_name, 'lease.issued', 'lease', id, request_id,
      jsonb_build_object('id', id, 'projectId', project_id, 'agentId', agent_id, 'environment', environment, 'grantId', grant_id,
        'provider', provider, 'keyId', key_id, 'keyVersionId', key_version_id, 'delivery', delivery, 'scope', scope::jsonb, 'expiresAt',
        to_char(least(at + make_interval(secs => life), last_end)::timestamptz(3) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')),
      address_commitment, user_agent_commitment
    FROM (SELECT unnest(ids) AS id, unnest(audit_ids) AS entry_id, unnest(holder_kinds) AS holder_kind, unnest(holder_ids) AS holder_id,
      unnest(actor_names) AS actor_name, unnest(request_ids) AS request_id, unnest(project_ids) AS project_id, unnest(agent_ids) AS agent_id,
      unnest(environments) AS environment, unnest(grant_ids) AS grant_id, unnest(providers) AS provider, unnest(key_ids) AS key_id,
      unnest(key_version_ids) AS key_version_id, unnest(deliveries) AS delivery, unnest(scopes) AS scope, unnest(lives_seconds) AS life,
      unnest(ends) AS last_end, unnest(address_commitments) AS address_commitment,
      unnest(user_agent_commitments) AS user_agent_commitment) AS asked WHERE id = ANY (issued);
  IF cardinality(issued) IS DISTINCT FROM cardinality(ids) THEN
    FOR missed IN
      SELECT * FROM unnest(ids, holder_ids, idempotency_keys, faults) AS w(id, holder_id, idempotency_key, fault)
      WHERE id <> ALL (coalesce(issued, '{}'))
    LOOP
      IF missed.fault IS NULL THEN
        EXECUTE 'SELECT id, issued_at, expires_at, key_version_id, request_hash, keylease_lease_status(l, $4) AS status, key_id, grant_id, delivery,
            scope, environment, project_id FROM lease l WHERE organization_id = $1 AND holder_id = $2 AND idempotency_key = $3'
          INTO present USING tenant, missed.holder_id, missed.idempotency_key, at;
        IF present.issued_at > at - interval '24 hours' THEN
          others := others || jsonb_build_object('id', missed.id, 'repeated', to_jsonb(present));
          CONTINUE;
        END IF;
        EXECUTE 'UPDATE lease SET idempotency_key = NULL WHERE organization_id = $1 AND id = $2' USING tenant, present.id;
      END IF;
      others := others || jsonb_build_object('id', missed.id, 'fault', coalesce(missed.fault, 'again'));
    END LOOP;
  END IF;
  RETURN jsonb_build_object('issuedAt', (extract(epoch FROM at) * 1000)::bigint, 'issued', issued, 'expiries', expiries, 'others', others);
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
