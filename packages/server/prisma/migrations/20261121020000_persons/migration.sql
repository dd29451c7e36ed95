-- release: 1
-- Persons: who signs in and with what. Only keylease_auth reaches these tables.

-- A person, in whatever organizations. The address is canonical: NFKC, lower case, without spaces.
CREATE TABLE "user" (
  id text PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  email_verified boolean NOT NULL DEFAULT false,
  image text,
  two_factor_enabled boolean NOT NULL DEFAULT false,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
-- Sign-in knows the address alone; two accounts never share one.
CREATE UNIQUE INDEX user_email ON "user" (email);

-- One sign-in. The cookie is the token and its signature, so the rows alone open nothing.
CREATE TABLE session (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  token text NOT NULL,
  -- The organization that the person works in now.
  organization_id text NOT NULL,
  ip_address text,
  user_agent text,
  seen_at timestamptz(3) NOT NULL DEFAULT now(),
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
-- Every request of a browser is known by its token.
CREATE UNIQUE INDEX session_token ON session (token);
-- The sessions of a person: list, kill, password change.
CREATE INDEX session_by_user ON session (user_id);
-- The sessions of an organization, newest first.
CREATE INDEX session_by_organization ON session (organization_id, id DESC);

-- What a person signs in with: the scrypt hash of a password, later an identity provider.
CREATE TABLE account (
  id text PRIMARY KEY,
  account_id text NOT NULL,
  provider_id text NOT NULL,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope text,
  password text,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
-- A person has one account of each provider.
CREATE UNIQUE INDEX account_of_user ON account (user_id, provider_id);

-- What waits to be confirmed: reset links, second factors, passkey challenges. Identifiers are hashes.
CREATE TABLE verification (
  id text PRIMARY KEY,
  identifier text NOT NULL,
  value text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
-- A confirmation names its identifier.
CREATE INDEX verification_identifier ON verification (identifier);
-- The clean-up removes what has expired.
CREATE INDEX verification_age ON verification (expires_at);

-- The authenticator app of a person, its secret and backup codes encrypted under the keyring.
CREATE TABLE two_factor (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  secret text NOT NULL,
  backup_codes text NOT NULL,
  verified boolean NOT NULL DEFAULT false,
  failed_verification_count integer NOT NULL DEFAULT 0,
  locked_until timestamptz(3)
);
-- A person has one authenticator app.
CREATE UNIQUE INDEX two_factor_of_user ON two_factor (user_id);

-- A passkey: public key and counter.
CREATE TABLE passkey (
  id text PRIMARY KEY,
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  name text,
  public_key text NOT NULL,
  credential_id text NOT NULL,
  -- 32 bits without sign, as a number that JavaScript reads.
  counter double precision NOT NULL,
  device_type text NOT NULL,
  backed_up boolean NOT NULL,
  transports text,
  aaguid text,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);
-- A browser names the credential it signs with.
CREATE UNIQUE INDEX passkey_credential ON passkey (credential_id);
-- The passkeys of a person.
CREATE INDEX passkey_of_user ON passkey (user_id);

-- One-time codes that were used, by keyed hash: of a hundred parallel uses one wins.
CREATE TABLE totp_use (
  user_id text NOT NULL REFERENCES "user" (id) ON DELETE CASCADE,
  code_hash bytea NOT NULL,
  used_at timestamptz(3) NOT NULL,
  PRIMARY KEY (user_id, code_hash)
);

-- Failed sign-ins by keyed hash of account or address: known and unknown accounts leave the same trace.
CREATE TABLE lockout (
  subject bytea PRIMARY KEY,
  failures integer NOT NULL,
  failed_at timestamptz(3) NOT NULL,
  locked_until timestamptz(3)
);

-- A fresh factor, spent by the one request it was given for.
CREATE TABLE step_up (
  token_hash bytea PRIMARY KEY,
  session_id text NOT NULL REFERENCES session (id) ON DELETE CASCADE,
  endpoint text NOT NULL,
  object text NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3),
  -- A repeat under the same Idempotency-Key is the same request.
  used_for bytea
);
-- Ending a session ends its step-ups.
CREATE INDEX step_up_of_session ON step_up (session_id);

-- The link that makes the first Owner: one at a time, spent once.
CREATE TABLE owner_link (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  token_hash bytea NOT NULL,
  pepper_version integer NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  used_at timestamptz(3)
);

GRANT SELECT, INSERT, UPDATE, DELETE
  ON "user", session, account, verification, two_factor, passkey, totp_use, lockout, step_up, owner_link TO keylease_auth;

-- A session needs the teams of its member, once the person is known.
GRANT SELECT ON team_member TO keylease_auth;
CREATE POLICY own_teams ON team_member FOR SELECT TO keylease_auth
  USING (EXISTS (SELECT FROM member WHERE member.organization_id = team_member.organization_id AND member.id = team_member.member_id
    AND member.user_id = (SELECT keylease_user())));

-- An invitation is known by its token before its tenant is.
CREATE UNIQUE INDEX invitation_token ON invitation (token_hash);
GRANT SELECT ON invitation TO keylease_auth;
CREATE POLICY lookup ON invitation FOR SELECT TO keylease_auth USING (true);
