-- release: 1
-- Settings of an organization, what a platform key may reach, and how it is used.

-- People: how long a session lives and from which networks they may come (none listed: from anywhere). Audit: how long it is kept.
ALTER TABLE organization
  ADD COLUMN session_idle_minutes integer NOT NULL DEFAULT 60 CHECK (session_idle_minutes BETWEEN 5 AND 1440),
  ADD COLUMN session_absolute_hours integer NOT NULL DEFAULT 24 CHECK (session_absolute_hours BETWEEN 1 AND 720),
  ADD COLUMN audit_retention_days integer NOT NULL DEFAULT 400 CHECK (audit_retention_days BETWEEN 30 AND 3650),
  ADD COLUMN people_addresses text[] NOT NULL DEFAULT '{}';

-- A key never grants more than whoever made it held: their role is its ceiling, and a Manager's key stays in their teams.
ALTER TABLE platform_key
  ADD COLUMN ceiling_role text NOT NULL DEFAULT 'viewer' CHECK (ceiling_role IN ('owner', 'admin', 'manager', 'user', 'viewer')),
  ADD COLUMN is_team_bound boolean NOT NULL DEFAULT false,
  ADD COLUMN team_ids text[] NOT NULL DEFAULT '{}';
-- The keys of one agent: its page, and what stopping it stops.
CREATE INDEX platform_key_by_agent ON platform_key (organization_id, agent_id);

-- What each platform key did on each day (UTC): counted in memory by every process and added here in batches.
CREATE TABLE platform_key_usage (
  organization_id text NOT NULL,
  key_id text NOT NULL,
  day date NOT NULL,
  requests bigint NOT NULL,
  errors bigint NOT NULL,
  refusals bigint NOT NULL,
  PRIMARY KEY (organization_id, key_id, day),
  FOREIGN KEY (organization_id, key_id) REFERENCES platform_key (organization_id, id)
);
SELECT keylease_protect('platform_key_usage', 'SELECT, INSERT, UPDATE');
