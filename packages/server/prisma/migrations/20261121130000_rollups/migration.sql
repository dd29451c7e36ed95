-- release: 1
-- Sums that move with the ledger, and what makes two reports of one call one.

-- Null is billed; else the event that bills this call: kept to be seen, in no sum.
ALTER TABLE usage_event ADD COLUMN linked_to text;
-- Which instrumentation told of it, where it came from none of ours.
ALTER TABLE usage_event ADD COLUMN scope text;

ALTER TABLE usage_identity ADD COLUMN is_leased boolean NOT NULL DEFAULT false;
-- Of provider and response id.
ALTER TABLE usage_identity ADD COLUMN response_hash bytea CHECK (octet_length(response_hash) = 16);
ALTER TABLE usage_identity ADD COLUMN trace_id bytea;
-- Spans above and below it in its trace, as far as reports have told.
ALTER TABLE usage_identity ADD COLUMN ancestors bytea[];
ALTER TABLE usage_identity ADD COLUMN descendants bytea[];
-- A report without a lease finds the leased call that it is.
CREATE INDEX usage_identity_leased_response ON usage_identity (organization_id, response_hash) WHERE is_leased AND response_hash IS NOT NULL;
-- A leased call finds the reports without a lease that came before it.
CREATE INDEX usage_identity_response ON usage_identity (organization_id, response_hash) WHERE NOT is_leased AND response_hash IS NOT NULL;
-- Calls without a lease find their trace.
CREATE INDEX usage_identity_trace ON usage_identity (organization_id, trace_id) WHERE NOT is_leased AND trace_id IS NOT NULL;

-- Adds latency sketches, bucket by bucket; an absent one is all zeros.
CREATE FUNCTION keylease_add_sketch(one integer[], other integer[]) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN cardinality(other) = 0 THEN one WHEN cardinality(one) = 0 THEN other
    ELSE ARRAY(SELECT a + b FROM unnest(one, other) WITH ORDINALITY AS pair(a, b, at) ORDER BY at) END
$$;

-- In which zone the days of an organization's sums begin: its own zone, once a change of it has been worked through.
CREATE TABLE usage_calendar (
  organization_id text PRIMARY KEY REFERENCES organization (id),
  time_zone text NOT NULL
);
SELECT keylease_protect('usage_calendar');

-- Sums of billed calls by the day of the organization, for ever: all of them, by each dimension, and by some pairs. In the value of
-- a dimension, '' is none, and a leading control character is the rest beyond a thousand values a day.
CREATE TABLE usage_day (
  organization_id text NOT NULL,
  dimension text NOT NULL,
  starts_at timestamptz(0) NOT NULL,
  value text NOT NULL,
  paired text NOT NULL DEFAULT '',
  calls bigint NOT NULL,
  errors bigint NOT NULL,
  aborted bigint NOT NULL,
  unpriced bigint NOT NULL,
  estimated bigint NOT NULL,
  assumed bigint NOT NULL,
  cost_nanos numeric NOT NULL,
  estimated_nanos numeric NOT NULL,
  assumed_nanos numeric NOT NULL,
  charged_nanos numeric NOT NULL,
  input_uncached bigint NOT NULL,
  cache_read bigint NOT NULL,
  cache_write_5m bigint NOT NULL,
  cache_write_1h bigint NOT NULL,
  output_text bigint NOT NULL,
  reasoning bigint NOT NULL,
  audio_in bigint NOT NULL,
  audio_out bigint NOT NULL,
  images bigint NOT NULL,
  requests bigint NOT NULL,
  searches bigint NOT NULL,
  -- Of `seconds`: whole, so that the order of additions changes nothing.
  milliseconds bigint NOT NULL,
  characters bigint NOT NULL,
  latency_calls bigint NOT NULL,
  latency_ms bigint NOT NULL,
  latency_sketch integer[] NOT NULL,
  first_token_calls bigint NOT NULL,
  first_token_ms bigint NOT NULL,
  first_token_sketch integer[] NOT NULL,
  PRIMARY KEY (organization_id, dimension, starts_at, value, paired)
) WITH (fillfactor = 70);
-- One value over a long time.
CREATE INDEX usage_day_value ON usage_day (organization_id, dimension, value, starts_at);
SELECT keylease_protect('usage_day');

-- The same by the quarter of an hour, as long as events are kept. Partitions are days in UTC; retention drops them whole.
CREATE TABLE usage_quarter (
  LIKE usage_day INCLUDING DEFAULTS,
  PRIMARY KEY (organization_id, dimension, starts_at, value, paired)
) PARTITION BY RANGE (starts_at);
SELECT keylease_protect('usage_quarter');
