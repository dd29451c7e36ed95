-- release: 1
-- What organizations say of their providers, how keys and providers do, and what was told about it.

-- Why a probe said what it said. What was called its verdict is now its reason; the verdict is the coarser word.
ALTER TABLE probe ADD COLUMN reason text NOT NULL DEFAULT 'no_probe';
ALTER TABLE probe NO FORCE ROW LEVEL SECURITY;
UPDATE probe SET
  reason = CASE verdict WHEN 'rejected' THEN 'bad_key' ELSE verdict END,
  verdict = CASE
    WHEN verdict IN ('accepted', 'restricted') THEN 'valid'
    WHEN verdict = 'rejected' THEN 'invalid'
    WHEN verdict = 'no_quota' THEN 'no_quota'
    WHEN verdict = 'rate_limited' THEN 'limited'
    WHEN verdict IN ('provider_error', 'unexpected_answer') THEN 'degraded'
    WHEN verdict IN ('unreachable', 'timeout', 'url_not_allowed') THEN 'unreachable'
    ELSE 'unknown'
  END;
ALTER TABLE probe FORCE ROW LEVEL SECURITY;

-- What an organization says of its API beside the columns of before: wire, headers, models, the meaning of errors, the fee.
ALTER TABLE provider ADD COLUMN definition jsonb NOT NULL DEFAULT '{}';

-- Health says more than yes and no; the words of before stay.
ALTER TABLE provider_key DROP CONSTRAINT provider_key_health_check;
ALTER TABLE provider_key ADD CONSTRAINT provider_key_health_check
  CHECK (health IN ('unknown', 'healthy', 'rejected', 'no_quota', 'limited', 'degraded', 'unreachable'));

-- How often the keys of an organization are checked; null is never.
ALTER TABLE organization
  ADD COLUMN health_check_minutes integer DEFAULT 60 CHECK (health_check_minutes BETWEEN 5 AND 1440);

-- When each key was last checked and is next, and how many checks in a row refused it or proved nothing.
CREATE TABLE key_health (
  organization_id text NOT NULL,
  key_id text NOT NULL,
  last_probe_at timestamptz(3),
  -- Null while it is not checked: disabled, revoked, deleted, or checks are off.
  next_probe_at timestamptz(3),
  refusals integer NOT NULL DEFAULT 0,
  failures integer NOT NULL DEFAULT 0,
  PRIMARY KEY (organization_id, key_id),
  FOREIGN KEY (organization_id, key_id) REFERENCES provider_key (organization_id, id)
);
-- The checker takes the keys that are due, longest overdue first.
CREATE INDEX key_health_due ON key_health (organization_id, next_probe_at) WHERE next_probe_at IS NOT NULL;
-- Keys of before are spread over an hour.
ALTER TABLE provider_key NO FORCE ROW LEVEL SECURITY;
INSERT INTO key_health (organization_id, key_id, next_probe_at)
  SELECT organization_id, id, now() + random() * interval '1 hour' FROM provider_key WHERE status = 'active' AND deleted_at IS NULL;
ALTER TABLE provider_key FORCE ROW LEVEL SECURITY;
SELECT keylease_protect('key_health');
-- One look finds the tenants that have keys to check.
CREATE POLICY due ON key_health FOR SELECT TO keylease_system USING (next_probe_at IS NOT NULL);

-- The notices of expiry look at the keys that expire soon.
CREATE INDEX provider_key_expiring ON provider_key (organization_id, expires_at) WHERE deleted_at IS NULL AND expires_at IS NOT NULL;

-- Which notice about which date of a key was given at how many days before it: each once.
CREATE TABLE key_notice (
  organization_id text NOT NULL,
  key_id text NOT NULL,
  kind text NOT NULL,
  about timestamptz(3) NOT NULL,
  days integer NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, key_id, kind, about, days),
  FOREIGN KEY (organization_id, key_id) REFERENCES provider_key (organization_id, id)
);
SELECT keylease_protect('key_notice', 'SELECT, INSERT');

-- How calls to a provider went, minute by minute: counted in memory by every process and added here in batches. Lives a day.
CREATE TABLE provider_traffic (
  organization_id text NOT NULL REFERENCES organization (id),
  provider text NOT NULL,
  minute timestamptz(3) NOT NULL,
  answered bigint NOT NULL,
  failed bigint NOT NULL,
  unreachable bigint NOT NULL,
  -- Of the answered ones, in all.
  latency_ms bigint NOT NULL,
  PRIMARY KEY (organization_id, provider, minute)
);
-- The clean-up removes the oldest minutes.
CREATE INDEX provider_traffic_age ON provider_traffic (organization_id, minute);
SELECT keylease_protect('provider_traffic');

-- How each provider does for an organization, and since when.
CREATE TABLE provider_status (
  organization_id text NOT NULL REFERENCES organization (id),
  provider text NOT NULL,
  status text NOT NULL CHECK (status IN ('healthy', 'degraded', 'down', 'unknown')),
  since timestamptz(3) NOT NULL,
  -- When it was last called.
  seen_at timestamptz(3) NOT NULL,
  PRIMARY KEY (organization_id, provider)
);
SELECT keylease_protect('provider_status', 'SELECT, INSERT, UPDATE');
