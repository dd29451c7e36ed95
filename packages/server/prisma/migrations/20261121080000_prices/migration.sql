-- release: 1
-- What models cost: list prices for everybody, and what an organization agreed instead.

-- One effective-dated price of one model. Rows are never rewritten, but for their end: a cost names the row it stands on.
CREATE TABLE price (
  id text PRIMARY KEY,
  provider text NOT NULL,
  model text NOT NULL,
  -- Where the model stands among those of its provider: the first whose names fit is meant.
  position integer NOT NULL,
  match jsonb,
  effective_from timestamptz(3),
  effective_to timestamptz(3),
  terms jsonb NOT NULL,
  source text NOT NULL,
  source_url text,
  version text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  -- Since when another row says better what this one said; null while it holds.
  superseded_at timestamptz(3)
);
-- One price at a time: two imports cannot both start one.
CREATE UNIQUE INDEX price_current ON price (provider, model, effective_from) NULLS NOT DISTINCT WHERE superseded_at IS NULL;
GRANT SELECT, INSERT, UPDATE ON price TO keylease_system;

-- Each import, newest last: replicas see here that the book has changed.
CREATE TABLE price_import (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  version text NOT NULL,
  -- The prices that came with the program, or those of a file or address that the operator named.
  origin text NOT NULL CHECK (origin IN ('bundled', 'refreshed')),
  -- Which prices came with the program that imported: an older program never goes back to its own.
  bundle text NOT NULL,
  models integer NOT NULL,
  imported_at timestamptz(3) NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT ON price_import TO keylease_system;

-- Rates or a discount that an organization agreed with a provider. Without a model it holds for every call of the provider.
CREATE TABLE price_override (
  organization_id text NOT NULL REFERENCES organization (id),
  id text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('override', 'discount')),
  provider text NOT NULL,
  model text,
  terms jsonb,
  discount_basis_points integer,
  effective_from timestamptz(3) NOT NULL,
  effective_to timestamptz(3),
  created_by text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  deleted_at timestamptz(3),
  PRIMARY KEY (organization_id, id),
  CHECK ((kind = 'override') = (terms IS NOT NULL) AND (kind = 'discount') = (discount_basis_points IS NOT NULL))
);
-- Read whole, once per organization and process.
CREATE INDEX price_override_live ON price_override (organization_id, id DESC) WHERE deleted_at IS NULL;
SELECT keylease_protect('price_override', 'SELECT, INSERT, UPDATE');
