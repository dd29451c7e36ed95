-- release: 1
-- Whose calls without a lease are, whose word on a cost is believed, and which spans stand between calls.

-- Instrumentation scopes whose reported cost is the cost.
ALTER TABLE organization ADD COLUMN trusted_cost_scopes text[] NOT NULL DEFAULT '{}' CHECK (cardinality(trusted_cost_scopes) <= 50);

-- What a collector says of a call, and whose the call is when it says so.
CREATE TABLE attribution_rule (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  position integer NOT NULL CHECK (position BETWEEN 0 AND 1000000),
  attribute text NOT NULL,
  pattern text NOT NULL,
  agent_id text,
  project_id text,
  team_id text,
  member_id text,
  -- What the value of the attribute names, in place of one that the rule names itself.
  value_names text CHECK (value_names IN ('agent', 'project', 'team', 'member')),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, id),
  CHECK (num_nonnulls(agent_id, project_id, team_id, member_id, value_names) = 1),
  FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id),
  FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
  FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES member (organization_id, id)
);
-- In the order in which they are tried.
CREATE INDEX attribution_rule_in_order ON attribution_rule (organization_id, position, id);
SELECT keylease_protect('attribution_rule');

-- Spans that tell of no call, by trace: each the span and the one above it, 16 bytes. Kept for a day: what belongs together comes within it.
CREATE TABLE usage_trace (
  organization_id text NOT NULL,
  trace_id bytea NOT NULL,
  edges bytea[] NOT NULL,
  told_at timestamptz(3) NOT NULL,
  PRIMARY KEY (organization_id, trace_id)
);
-- The clean-up takes the oldest.
CREATE INDEX usage_trace_told ON usage_trace (organization_id, told_at);
SELECT keylease_protect('usage_trace');
