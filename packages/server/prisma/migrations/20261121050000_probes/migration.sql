-- release: 1
-- Providers that organizations define, and what providers said about keys.

-- An HTTP API that the catalogue does not know, as an organization describes it.
CREATE TABLE provider (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  category text NOT NULL CHECK (category IN ('llm', 'financial-data', 'search', 'other')),
  base_url text NOT NULL,
  auth jsonb NOT NULL,
  key_prefix text,
  probe jsonb,
  docs_url text,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id)
);
SELECT keylease_protect('provider');

-- What the provider last said about the current value of a key; an outage changes nothing.
ALTER TABLE provider_key ADD COLUMN health text NOT NULL DEFAULT 'unknown' CHECK (health IN ('unknown', 'healthy', 'rejected'));
ALTER TABLE provider_key ADD COLUMN checked_at timestamptz(3);

-- The last step of a rotation or revocation finds the versions that still have an end to meet.
CREATE INDEX key_version_ending ON key_version (organization_id, drain_until) WHERE state IN ('pending', 'draining');

-- One check of one value of a provider key against its provider. Removed after 90 days.
CREATE TABLE probe (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  key_id text NOT NULL,
  version_id text NOT NULL,
  valid boolean,
  verdict text NOT NULL,
  details jsonb NOT NULL DEFAULT '{}',
  latency_ms integer NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, key_id) REFERENCES provider_key (organization_id, id),
  FOREIGN KEY (organization_id, version_id) REFERENCES key_version (organization_id, id)
);
-- The history of a key, newest first.
CREATE INDEX probe_by_key ON probe (organization_id, key_id, id DESC);
-- The clean-up removes the oldest.
CREATE INDEX probe_age ON probe (organization_id, created_at);
SELECT keylease_protect('probe', 'SELECT, INSERT, DELETE');
