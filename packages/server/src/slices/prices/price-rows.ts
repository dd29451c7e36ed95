import type { ModelMatch } from '@keylease/shared/pricing/match'
import type pg from 'pg'
import { sortTermsJson, type TermsJson } from './terms-json'

/** One current row of the global table. It is SQL alone: the roles of requests have no right on it. */
export interface PriceRow {
  id: string
  provider: string
  model: string
  position: number
  match: ModelMatch | null
  effectiveFrom: Date | null
  effectiveTo: Date | null
  terms: TermsJson
  source: string
  sourceUrl: string | null
  version: string
}

export interface PriceImport {
  sequence: string
  version: string
  origin: 'bundled' | 'refreshed'
  bundle: string
  models: number
}

type Client = Pick<pg.ClientBase, 'query'> | pg.Pool

export async function listPriceRows(client: Client): Promise<PriceRow[]> {
  const found = await client.query<PriceRow>(
    `SELECT id, provider, model, position, match, effective_from AS "effectiveFrom", effective_to AS "effectiveTo", terms, source,
       source_url AS "sourceUrl", version
     FROM price WHERE superseded_at IS NULL ORDER BY position, effective_from NULLS FIRST`,
  )
  return found.rows.map((row) => ({ ...row, terms: sortTermsJson(row.terms) }))
}

export async function findLastImport(client: Client): Promise<PriceImport | null> {
  const found = await client.query<PriceImport>(
    'SELECT sequence::text, version, origin, bundle, models FROM price_import ORDER BY price_import.sequence DESC LIMIT 1',
  )
  return found.rows[0] ?? null
}

export async function insertImport(client: Client, made: Omit<PriceImport, 'sequence'>): Promise<void> {
  await client.query('INSERT INTO price_import (version, origin, bundle, models) VALUES ($1, $2, $3, $4)', [
    made.version,
    made.origin,
    made.bundle,
    made.models,
  ])
}

/** What a row may still learn: its end, its names, its place among the others, and what its model can take; never another price. */
export async function savePriceRows(client: Client, rows: readonly PriceRow[], superseded: readonly string[]): Promise<void> {
  await client.query('UPDATE price SET superseded_at = now() WHERE id = ANY($1)', [superseded])
  await client.query(
    `INSERT INTO price (id, provider, model, position, match, effective_from, effective_to, terms, source, source_url, version)
     SELECT id, provider, model, position, match, "effectiveFrom", "effectiveTo", terms, source, "sourceUrl", version
     FROM jsonb_to_recordset($1::jsonb) AS row (id text, provider text, model text, position integer, match jsonb,
       "effectiveFrom" timestamptz, "effectiveTo" timestamptz, terms jsonb, source text, "sourceUrl" text, version text)
     ON CONFLICT (id) DO UPDATE SET effective_to = EXCLUDED.effective_to, match = EXCLUDED.match, position = EXCLUDED.position,
       terms = EXCLUDED.terms, superseded_at = NULL`,
    [JSON.stringify(rows)],
  )
}
