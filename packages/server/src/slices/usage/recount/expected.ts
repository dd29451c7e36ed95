import { sketchThresholds } from '@keylease/shared/insights/latency-sketch'
import { countedClasses, sketchColumns, sumColumns, vectorColumns } from '../rollups/columns'
import { otherValue } from '../rollups/dimensions'

/** A value as a key of the sums, as `toKeyText` makes it. */
const toKey = (column: string) => `left(regexp_replace(coalesce(${column}, ''), '[\\u0001-\\u001f\\u007f-\\u009f]', '', 'g'), 200)`

/** Where the database looks for each dimension: written down once more, so that one mistake is not made twice. */
const places: readonly (readonly [dimension: string, value: string, paired: string])[] = [
  ['total', `''`, `''`],
  ['provider', 'provider', `''`],
  ['model', 'model', `''`],
  ['operation', 'operation', `''`],
  ['endpoint', 'endpoint', `''`],
  ['agent', 'agent_id', `''`],
  ['project', 'project_id', `''`],
  ['team', 'team_id', `''`],
  ['member', 'member_id', `''`],
  ['key', 'key_id', `''`],
  ['environment', 'environment', `''`],
  ['agent_model', 'agent_id', 'model'],
  ['key_model', 'key_id', 'model'],
  ['project_model', 'project_id', 'model'],
]

const amounts: Record<string, string> = {
  calls: '1',
  errors: `CASE WHEN status = 'error' THEN 1 ELSE 0 END`,
  aborted: `CASE WHEN status = 'aborted' THEN 1 ELSE 0 END`,
  unpriced: 'CASE WHEN cost_nanos IS NULL THEN 1 ELSE 0 END',
  estimated: `CASE WHEN quality = 'estimated' THEN 1 ELSE 0 END`,
  assumed: `CASE WHEN quality = 'assumed' THEN 1 ELSE 0 END`,
  cost_nanos: 'coalesce(cost_nanos, 0)',
  estimated_nanos: `CASE WHEN quality = 'estimated' THEN coalesce(cost_nanos, 0) ELSE 0 END`,
  assumed_nanos: `CASE WHEN quality = 'assumed' THEN coalesce(cost_nanos, 0) ELSE 0 END`,
  charged_nanos: 'coalesce(charged_nanos, 0)',
  milliseconds: 'floor(seconds * 1000 + 0.5)::bigint',
  latency_calls: 'CASE WHEN latency_ms IS NULL THEN 0 ELSE 1 END',
  latency_ms: 'coalesce(latency_ms, 0)',
  first_token_calls: 'CASE WHEN first_token_ms IS NULL THEN 0 ELSE 1 END',
  first_token_ms: 'coalesce(first_token_ms, 0)',
  ...Object.fromEntries(countedClasses.map((name) => [vectorColumns[name], vectorColumns[name]])),
}

const toBucket = (column: string) => `width_bucket(${column}, ARRAY[${sketchThresholds.join()}])`
const keys = 'dimension, starts_at, value, paired'
const names = [...sumColumns, ...sketchColumns]

/** What one call in a bucket adds to a sketch: the count of bucket n stands at 10^12n. */
const toSketch = (column: string) =>
  `CASE WHEN ${column} IS NULL THEN 0 ELSE (ARRAY[${[0, ...sketchThresholds].map((_, n) => `1e${12 * n}`).join()}])[${toBucket(column)} + 1] END`

/**
 * What the quarters of one local day should hold by the ledger alone, as the last of some WITH queries called `expected`.
 * $1 the organization, $2 and $3 the bounds of the day, $4 how many values a day names, $5 when the day begins by its sums.
 */
export const expectedSql = `
  billed AS NOT MATERIALIZED (
    SELECT e.*, coalesce(response_model, request_model) AS model FROM usage_event e
    WHERE organization_id = $1 AND occurred_at >= $2 AND occurred_at < $3 AND linked_to IS NULL
  ), placed AS NOT MATERIALIZED (
    SELECT place.*, date_bin('15 minutes', occurred_at, 'epoch') AS starts_at,
      ${toSketch('latency_ms')} AS ${sketchColumns[0]}, ${toSketch('first_token_ms')} AS ${sketchColumns[1]},
      ${sumColumns.map((name) => `${amounts[name]} AS ${name}`).join(', ')}
    FROM billed CROSS JOIN LATERAL (
      ${places.map(([dimension, value, paired]) => `SELECT '${dimension}' AS dimension, ${toKey(value)} AS value, ${toKey(paired)} AS paired`).join(' UNION ALL ')}
      UNION ALL SELECT DISTINCT 'tag', ${toKey('tag')}, '' FROM unnest(CASE WHEN cardinality(tags) = 0 THEN ARRAY[''] ELSE tags END) AS tag
    ) AS place
  ), summed AS MATERIALIZED (
    SELECT ${keys}, ${names.map((name) => `sum(${name}) AS ${name}`).join(', ')} FROM placed GROUP BY ${keys}
  ), fresh AS MATERIALIZED (
    SELECT DISTINCT dimension, value, paired FROM summed s WHERE (value, paired) <> ('', '') AND NOT EXISTS (
      SELECT FROM usage_day d WHERE d.organization_id = $1 AND d.dimension = s.dimension AND d.starts_at = $5 AND d.value = s.value AND d.paired = s.paired)
  ), named AS MATERIALIZED (
    SELECT dimension, count(*) AS total FROM usage_day
    WHERE organization_id = $1 AND starts_at = $5 AND dimension IN (SELECT dimension FROM fresh) AND value <> '${otherValue}' AND (value, paired) <> ('', '')
    GROUP BY dimension
  ), folded AS MATERIALIZED (
    SELECT dimension, value, paired FROM (
      SELECT f.*, coalesce(n.total, 0) + row_number() OVER (PARTITION BY f.dimension ORDER BY value, paired) AS rank
      FROM fresh f LEFT JOIN named n USING (dimension)) AS ranked WHERE rank > $4
  ), expected AS (
    SELECT s.dimension, s.starts_at, CASE WHEN f.value IS NULL THEN s.value ELSE '${otherValue}' END AS value,
      CASE WHEN f.value IS NULL THEN s.paired WHEN s.dimension LIKE '%\\_%' THEN '${otherValue}' ELSE '' END AS paired,
      ${names.map((name) => `sum(s.${name}) AS ${name}`).join(', ')}
    FROM summed s LEFT JOIN folded f USING (dimension, value, paired)
    GROUP BY 1, 2, 3, 4
  )`
