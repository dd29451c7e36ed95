-- release: 1
-- Sums that move with the ledger, and what makes two reports of one call one.

-- Null is billed; else the event that bills this call: kept to be seen, in no sum.
ALTER TABLE usage_event ADD COLUMN linked_to text;
-- Which instrumentation told of it, where it came from none of ours.
ALTER TABLE usage_event ADD COLUMN scope text;

-- With the id of the event, where it stands: the day alone would have all events of that day looked through.
ALTER TABLE usage_identity ADD COLUMN occurred_at timestamptz(3) NOT NULL DEFAULT 'epoch';
ALTER TABLE usage_identity ALTER COLUMN occurred_at DROP DEFAULT;
-- A look at the organization for each call of a batch costs a third of writing its identity, and row security asks already.
ALTER TABLE usage_identity DROP CONSTRAINT usage_identity_organization_id_fkey;
ALTER TABLE usage_identity ADD COLUMN is_leased boolean NOT NULL DEFAULT false;
-- Of provider and response id.
ALTER TABLE usage_identity ADD COLUMN response_hash bytea CHECK (octet_length(response_hash) = 16);
-- Of a call under a lease only where it stands below another span: nobody looks for the others by their trace.
ALTER TABLE usage_identity ADD COLUMN trace_id bytea;
-- The span above it in its trace, and whether it stands for what happened below it.
ALTER TABLE usage_identity ADD COLUMN parent_id bytea;
ALTER TABLE usage_identity ADD COLUMN is_container boolean NOT NULL DEFAULT false;
-- A report without a lease finds the leased call that it is.
CREATE INDEX usage_identity_leased_response ON usage_identity (organization_id, response_hash) WHERE is_leased AND response_hash IS NOT NULL;
-- A leased call finds the reports without a lease that came before it, and first whether there are any.
CREATE INDEX usage_identity_response ON usage_identity (organization_id, response_hash) WHERE NOT is_leased;
-- Calls find the newest of their trace: those without a lease, and those under one.
CREATE INDEX usage_identity_trace ON usage_identity (organization_id, trace_id, is_leased, event_id) WHERE trace_id IS NOT NULL;

-- In which zone the days of an organization's sums begin: its own zone, once a change of it has been worked through.
CREATE TABLE usage_calendar (
  organization_id text PRIMARY KEY REFERENCES organization (id),
  time_zone text NOT NULL,
  -- Days that begin before are of an earlier zone.
  since timestamptz NOT NULL DEFAULT '-infinity',
  -- Days that begin before have their sheets. A change of one of them sets it back.
  laid_out_before timestamptz NOT NULL DEFAULT '-infinity'
);
SELECT keylease_protect('usage_calendar');
-- One look finds the tenants whose days have to begin anew, or to be laid out.
CREATE POLICY moved ON usage_calendar FOR SELECT TO keylease_system USING (true);

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
  -- How many calls fell into each bucket of time, as one whole number: the count of bucket n stands at 10^12n. Such numbers add up by
  -- themselves, at a tenth of what adding arrays costs.
  latency_sketch numeric NOT NULL,
  first_token_calls bigint NOT NULL,
  first_token_ms bigint NOT NULL,
  first_token_sketch numeric NOT NULL,
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

-- The same by the hour of UTC, for ranges of days and for points of an hour.
CREATE TABLE usage_hour (
  LIKE usage_day INCLUDING DEFAULTS,
  PRIMARY KEY (organization_id, dimension, starts_at, value, paired)
) PARTITION BY RANGE (starts_at);
SELECT keylease_protect('usage_hour');

-- The days of a month of the organization, added up value by value, for ever.
CREATE TABLE usage_month (
  LIKE usage_day INCLUDING DEFAULTS,
  PRIMARY KEY (organization_id, dimension, starts_at, value, paired)
) WITH (fillfactor = 70);
-- One value over a long time.
CREATE INDEX usage_month_value ON usage_month (organization_id, dimension, value, starts_at);
SELECT keylease_protect('usage_month');

-- The groups of a day that is over, of one dimension that names many, in one row: tens of thousands are ranked by adding up arrays,
-- where grouping them takes longer than an answer may. Whatever changes a day drops its sheets; they are made again.
CREATE TABLE usage_sheet (
  organization_id text NOT NULL,
  dimension text NOT NULL,
  starts_at timestamptz(0) NOT NULL,
  groups integer NOT NULL,
  -- By which groups of several days are found to be one. Numbers of eight bytes, as the sums after them, in base64: results come as
  -- text, and this is the text that becomes an array again at once.
  hashes text STORAGE EXTERNAL NOT NULL,
  calls text STORAGE EXTERNAL NOT NULL,
  errors text STORAGE EXTERNAL NOT NULL,
  tokens text STORAGE EXTERNAL NOT NULL,
  cost_nanos text STORAGE EXTERNAL NOT NULL,
  latency_calls text STORAGE EXTERNAL NOT NULL,
  latency_ms text STORAGE EXTERNAL NOT NULL,
  -- What the groups are called, read of those that come first.
  value text[] STORAGE EXTERNAL NOT NULL,
  paired text[] STORAGE EXTERNAL NOT NULL,
  PRIMARY KEY (organization_id, starts_at, dimension)
);
SELECT keylease_protect('usage_sheet');
