-- release: 1
-- The ledger: one row per billable upstream call, counted once, and what makes its cost known.

-- Which calls are in the ledger, across its days: only the rows that an insert here returned become events.
CREATE TABLE usage_identity (
  organization_id text NOT NULL REFERENCES organization (id),
  hash bytea NOT NULL CHECK (octet_length(hash) = 16),
  day date NOT NULL,
  event_id text NOT NULL,
  span_id bytea,
  PRIMARY KEY (organization_id, hash)
);
-- The clean-up forgets whole days once no event of them is accepted any more.
CREATE INDEX usage_identity_day ON usage_identity (organization_id, day);
SELECT keylease_protect('usage_identity');

-- One billable upstream call. Partitions are days in UTC; retention drops them whole.
CREATE TABLE usage_event (
  organization_id text NOT NULL,
  occurred_at timestamptz(3) NOT NULL,
  id text NOT NULL,
  received_at timestamptz(3) NOT NULL,
  source text NOT NULL CHECK (source IN ('sdk', 'gateway', 'otlp', 'test')),
  provider text NOT NULL,
  operation text NOT NULL,
  endpoint text,
  request_model text,
  response_model text,
  response_id text,
  status text NOT NULL CHECK (status IN ('ok', 'error', 'aborted')),
  http_status integer,
  error_type text,
  finish_reason text,
  service_tier text,
  region text,
  is_stream boolean NOT NULL DEFAULT false,
  latency_ms integer,
  first_token_ms integer,
  team_id text,
  project_id text,
  agent_id text,
  member_id text,
  environment text,
  key_id text,
  key_version_id text,
  lease_id text,
  sequence bigint,
  slice_id text,
  conversation text,
  end_user text,
  tags text[] NOT NULL DEFAULT '{}',
  trace_id bytea,
  span_id bytea,
  quality text NOT NULL CHECK (quality IN ('exact', 'estimated', 'assumed')),
  -- Why the parts do not add up, where they do not.
  mismatch text,
  -- The vector: disjoint, nothing is counted in two.
  input_uncached bigint NOT NULL DEFAULT 0,
  cache_read bigint NOT NULL DEFAULT 0,
  cache_write_5m bigint NOT NULL DEFAULT 0,
  cache_write_1h bigint NOT NULL DEFAULT 0,
  output_text bigint NOT NULL DEFAULT 0,
  reasoning bigint NOT NULL DEFAULT 0,
  audio_in bigint NOT NULL DEFAULT 0,
  audio_out bigint NOT NULL DEFAULT 0,
  images bigint NOT NULL DEFAULT 0,
  requests bigint NOT NULL DEFAULT 1,
  searches bigint NOT NULL DEFAULT 0,
  seconds double precision NOT NULL DEFAULT 0,
  characters bigint NOT NULL DEFAULT 0,
  -- How many tokens of input_uncached and output_text were images.
  image_tokens_in bigint NOT NULL DEFAULT 0,
  image_tokens_out bigint NOT NULL DEFAULT 0,
  -- The provider's own usage object as JSON text: what jsonb refuses to hold stays readable.
  raw_usage text,
  -- What budgets were charged when it settled; never changed.
  charged_nanos bigint,
  -- Best known; null while unpriced. Re-pricing changes this one and where it comes from.
  cost_nanos bigint,
  reported_nanos bigint,
  cost_basis text,
  price_id text,
  price_version text,
  PRIMARY KEY (organization_id, occurred_at, id)
) PARTITION BY RANGE (occurred_at);
SELECT keylease_protect('usage_event', 'SELECT, INSERT, UPDATE');

-- Characters per token of a model's output, learnt from exact events of the organization itself: what estimates stand on.
CREATE TABLE token_ratio (
  organization_id text NOT NULL REFERENCES organization (id),
  provider text NOT NULL,
  model text NOT NULL,
  characters bigint NOT NULL,
  tokens bigint NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, provider, model)
);
SELECT keylease_protect('token_ratio');

-- A re-pricing of a period: first its difference, then, on demand, its effect.
CREATE TABLE re_pricing (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  period_from timestamptz(3) NOT NULL,
  period_to timestamptz(3) NOT NULL,
  provider text,
  model text,
  status text NOT NULL CHECK (status IN ('comparing', 'ready', 'applying', 'applied', 'stale')),
  -- What the prices in use were called when it was compared: applied with others, it would do what nobody saw.
  prices_version text,
  -- How far the work has come: events after this one are still to do.
  cursor_at timestamptz(3),
  cursor_id text,
  events bigint NOT NULL DEFAULT 0,
  changed bigint NOT NULL DEFAULT 0,
  before_nanos bigint NOT NULL DEFAULT 0,
  after_nanos bigint NOT NULL DEFAULT 0,
  unpriced_before bigint NOT NULL DEFAULT 0,
  unpriced_after bigint NOT NULL DEFAULT 0,
  models jsonb NOT NULL DEFAULT '[]',
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  applied_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The job finds what waits for it.
CREATE INDEX re_pricing_waiting ON re_pricing (organization_id, id) WHERE status IN ('comparing', 'applying');
SELECT keylease_protect('re_pricing');
-- One look finds the tenants whose re-pricing waits.
CREATE POLICY waiting ON re_pricing FOR SELECT TO keylease_system USING (status IN ('comparing', 'applying'));
