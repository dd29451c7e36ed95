-- release: 1
-- People, keys and permissions: teams, members, invitations, agents, provider keys, grants, trust rules, platform keys.

-- The person of this transaction, for rows that belong to a person across organizations.
CREATE FUNCTION keylease_user() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
  RETURN nullif(current_setting('keylease.user_id', true), '');

-- People who work together.
CREATE TABLE team (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The list: live teams of one organization, newest first.
CREATE INDEX team_live ON team (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('team');

-- A person's place in an organization. Name and address are copies, so requests need no right on person tables.
CREATE TABLE member (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  user_id text NOT NULL,
  email text NOT NULL,
  name text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'user', 'viewer')),
  last_active_at timestamptz(3),
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  removed_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- A person is in an organization once; who was removed may come back as a new member.
CREATE UNIQUE INDEX member_person ON member (organization_id, user_id) WHERE removed_at IS NULL;
-- Sign-in finds the organizations of a person.
CREATE INDEX member_of_person ON member (user_id) WHERE removed_at IS NULL;
SELECT keylease_protect('member');
GRANT SELECT ON member TO keylease_auth;
CREATE POLICY own_membership ON member FOR SELECT TO keylease_auth USING (user_id = (SELECT keylease_user()));

-- Who is in which team.
CREATE TABLE team_member (
  organization_id text NOT NULL,
  team_id text NOT NULL,
  member_id text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (organization_id, team_id, member_id),
  FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES member (organization_id, id)
);
-- A request needs the teams of its member.
CREATE INDEX team_member_by_member ON team_member (organization_id, member_id);
SELECT keylease_protect('team_member');

-- A place in the organization that waits for a person: its link is shown once.
CREATE TABLE invitation (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  email text NOT NULL,
  role text NOT NULL CHECK (role IN ('owner', 'admin', 'manager', 'user', 'viewer')),
  team_ids text[] NOT NULL DEFAULT '{}',
  token_hash bytea NOT NULL,
  pepper_version integer NOT NULL,
  invited_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  accepted_at timestamptz(3),
  revoked_at timestamptz(3),
  PRIMARY KEY (organization_id, id)
);
-- The list: newest first.
CREATE INDEX invitation_newest ON invitation (organization_id, id DESC);
SELECT keylease_protect('invitation');

-- A project belongs to a team once it is given one; a Manager works in the projects of their teams.
ALTER TABLE project ADD COLUMN team_id text;
ALTER TABLE project ADD CONSTRAINT project_team FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id);
-- The projects of a team.
CREATE INDEX project_by_team ON project (organization_id, team_id) WHERE deleted_at IS NULL;

-- A program's identity inside a project.
CREATE TABLE agent (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  project_id text NOT NULL,
  owner_member_id text,
  name text NOT NULL,
  description text,
  enabled boolean NOT NULL DEFAULT true,
  last_used_at timestamptz(3),
  last_used_address text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
  FOREIGN KEY (organization_id, owner_member_id) REFERENCES member (organization_id, id)
);
-- The agents of a project, newest first.
CREATE INDEX agent_by_project ON agent (organization_id, project_id, id DESC) WHERE deleted_at IS NULL;
-- The list: live agents of one organization, newest first.
CREATE INDEX agent_live ON agent (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('agent');

-- A secret that an upstream issued: what it is for and how it may be used; its values are key versions.
CREATE TABLE provider_key (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  provider text NOT NULL,
  category text NOT NULL CHECK (category IN ('llm', 'financial-data', 'search', 'other')),
  tags text[] NOT NULL DEFAULT '{}',
  environment text CHECK (environment IN ('development', 'staging', 'production')),
  delivery text CHECK (delivery IN ('gateway', 'direct', 'minted')),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'disabled', 'revoked')),
  owner_member_id text,
  owner_team_id text,
  purpose text,
  upstream_organization text,
  region text,
  deployment text,
  base_url text,
  api_version text,
  fields jsonb NOT NULL DEFAULT '{}',
  call_policy jsonb NOT NULL DEFAULT '{}',
  rotation_policy jsonb NOT NULL DEFAULT '{}',
  expires_at timestamptz(3),
  rotated_at timestamptz(3),
  last_used_at timestamptz(3),
  last_used_agent_id text,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  revoked_at timestamptz(3),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, owner_member_id) REFERENCES member (organization_id, id),
  FOREIGN KEY (organization_id, owner_team_id) REFERENCES team (organization_id, id)
);
-- The list: live keys of one organization, newest first.
CREATE INDEX provider_key_live ON provider_key (organization_id, id DESC) WHERE deleted_at IS NULL;
-- A lease asks for the active keys of one provider.
CREATE INDEX provider_key_by_provider ON provider_key (organization_id, provider) WHERE deleted_at IS NULL AND status = 'active';
SELECT keylease_protect('provider_key');

-- One encrypted value of a provider key. Rotation adds a row and never overwrites one.
CREATE TABLE key_version (
  organization_id text NOT NULL,
  id text NOT NULL,
  key_id text NOT NULL,
  number integer NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'current', 'draining', 'retired', 'destroyed')),
  -- Null once destroyed.
  sealed bytea,
  preview text NOT NULL,
  fingerprint bytea NOT NULL,
  fingerprint_version integer NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  activated_at timestamptz(3),
  drain_until timestamptz(3),
  retired_at timestamptz(3),
  destroyed_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, key_id) REFERENCES provider_key (organization_id, id)
);
-- The versions of a key in order; a number is given once.
CREATE UNIQUE INDEX key_version_number ON key_version (organization_id, key_id, number);
-- A key has one current value: two rotations cannot both win.
CREATE UNIQUE INDEX key_version_current ON key_version (organization_id, key_id) WHERE state = 'current';
-- The same secret stored twice is found by its keyed fingerprint.
CREATE INDEX key_version_fingerprint ON key_version (organization_id, fingerprint) WHERE state <> 'destroyed';
SELECT keylease_protect('key_version');

-- A permission: who may lease or manage which provider keys, under which restrictions. An empty list restricts nothing.
CREATE TABLE "grant" (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  agent_id text,
  project_id text,
  team_id text,
  member_id text,
  role text CHECK (role IN ('owner', 'admin', 'manager', 'user', 'viewer')),
  key_id text,
  provider text,
  category text CHECK (category IN ('llm', 'financial-data', 'search', 'other')),
  tag text,
  level text NOT NULL DEFAULT 'lease' CHECK (level IN ('lease', 'manage')),
  priority integer NOT NULL DEFAULT 0,
  models text[] NOT NULL DEFAULT '{}',
  operations text[] NOT NULL DEFAULT '{}',
  environments text[] NOT NULL DEFAULT '{}',
  addresses text[] NOT NULL DEFAULT '{}',
  hours jsonb,
  max_ttl_seconds integer CHECK (max_ttl_seconds BETWEEN 30 AND 3600),
  requests_per_minute integer CHECK (requests_per_minute > 0),
  tokens_per_minute bigint CHECK (tokens_per_minute > 0),
  default_max_output_tokens integer CHECK (default_max_output_tokens > 0),
  expires_at timestamptz(3),
  granted_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  CHECK (num_nonnulls(agent_id, project_id, team_id, member_id, role) = 1),
  CHECK (num_nonnulls(key_id, provider, category, tag) = 1),
  FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id),
  FOREIGN KEY (organization_id, project_id) REFERENCES project (organization_id, id),
  FOREIGN KEY (organization_id, team_id) REFERENCES team (organization_id, id),
  FOREIGN KEY (organization_id, member_id) REFERENCES member (organization_id, id),
  FOREIGN KEY (organization_id, key_id) REFERENCES provider_key (organization_id, id)
);
-- The list, and the policy cache, which takes all live grants of one organization.
CREATE INDEX grant_live ON "grant" (organization_id, id DESC) WHERE deleted_at IS NULL;
-- The grants on a key: impact, access review.
CREATE INDEX grant_by_key ON "grant" (organization_id, key_id) WHERE deleted_at IS NULL;
SELECT keylease_protect('"grant"');

-- Which workload identity tokens act as an agent, without any stored secret.
CREATE TABLE trust_rule (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  agent_id text NOT NULL,
  name text NOT NULL,
  issuer text NOT NULL,
  subject_pattern text NOT NULL,
  claims jsonb NOT NULL DEFAULT '{}',
  enabled boolean NOT NULL DEFAULT true,
  last_used_at timestamptz(3),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)
);
-- A token's issuer finds the rules to match.
CREATE INDEX trust_rule_by_issuer ON trust_rule (organization_id, issuer) WHERE deleted_at IS NULL;
-- The list: newest first.
CREATE INDEX trust_rule_live ON trust_rule (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('trust_rule');

-- A key that Keylease issues: stored as a keyed hash, shown once.
CREATE TABLE platform_key (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  name text NOT NULL,
  agent_id text,
  scopes text[] NOT NULL,
  prefix text NOT NULL,
  token_hash bytea NOT NULL,
  pepper_version integer NOT NULL,
  addresses text[] NOT NULL DEFAULT '{}',
  requests_per_minute integer CHECK (requests_per_minute > 0),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  last_used_at timestamptz(3),
  last_used_address text,
  PRIMARY KEY (organization_id, id),
  FOREIGN KEY (organization_id, agent_id) REFERENCES agent (organization_id, id)
);
-- A request is known by the keyed hash of its token, before its tenant is.
CREATE UNIQUE INDEX platform_key_hash ON platform_key (token_hash);
-- The list: newest first.
CREATE INDEX platform_key_newest ON platform_key (organization_id, id DESC);
SELECT keylease_protect('platform_key');
GRANT SELECT ON platform_key TO keylease_auth;
CREATE POLICY lookup ON platform_key FOR SELECT TO keylease_auth USING (true);

-- The hash that a regenerated key had before: good until the overlap ends.
CREATE TABLE platform_key_overlap (
  organization_id text NOT NULL,
  key_id text NOT NULL,
  token_hash bytea NOT NULL,
  pepper_version integer NOT NULL,
  good_until timestamptz(3) NOT NULL,
  PRIMARY KEY (organization_id, key_id, token_hash),
  FOREIGN KEY (organization_id, key_id) REFERENCES platform_key (organization_id, id)
);
-- Looked up like the key itself.
CREATE UNIQUE INDEX platform_key_overlap_hash ON platform_key_overlap (token_hash);
SELECT keylease_protect('platform_key_overlap');
GRANT SELECT ON platform_key_overlap TO keylease_auth;
CREATE POLICY lookup ON platform_key_overlap FOR SELECT TO keylease_auth USING (true);
