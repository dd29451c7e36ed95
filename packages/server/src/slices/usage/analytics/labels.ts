import type { UsageDimension } from '@keylease/shared/contracts/usage-breakdown'
import { findCatalogueProvider } from '@keylease/shared/providers/index'
import type pg from 'pg'
import { otherValue } from '../rollups/dimensions'

/** Whose names stand in a table, deleted ones too. */
const tables = { agent: 'agent', project: 'project', team: 'team', member: 'member', key: 'provider_key', provider: 'provider' } as const
type Named = keyof typeof tables

const namesSql = Object.entries(tables)
  .map(([subject, table], place) => `SELECT '${subject}' AS subject, id, name FROM ${table} WHERE id = ANY($${place + 1}::text[])`)
  .join(' UNION ALL ')

interface Group {
  key: readonly string[]
}

export interface Labelled {
  keys: Record<string, string | null>
  label: string
  isOther: boolean
}

export const restLabel: Labelled = { keys: {}, label: 'Other', isOther: true }

/** What groups are called: names where ids stand, in one look. */
export async function labelGroups<G extends Group>(
  client: pg.ClientBase,
  dimensions: readonly UsageDimension[],
  groups: readonly G[],
): Promise<(G & Labelled)[]> {
  const names = await findNames(client, dimensions, groups)
  return groups.map((group) => {
    if (group.key.includes(otherValue)) return { ...group, ...restLabel }
    const keys = Object.fromEntries(dimensions.map((dimension, place) => [dimension, group.key[place] || null]))
    const label = dimensions.map((dimension, place) => nameOf(names, dimension, group.key[place] ?? '')).join(' · ')
    return { ...group, keys, label, isOther: false }
  })
}

const nameOf = (names: ReadonlyMap<string, string>, dimension: UsageDimension, value: string) =>
  value === ''
    ? 'None'
    : (names.get(`${dimension} ${value}`) ?? (dimension === 'provider' ? findCatalogueProvider(value)?.name : undefined) ?? value)

async function findNames(
  client: pg.ClientBase,
  dimensions: readonly UsageDimension[],
  groups: readonly Group[],
): Promise<Map<string, string>> {
  const idsOf = (subject: Named) => {
    const place = dimensions.indexOf(subject)
    return place < 0 ? [] : groups.map(({ key }) => key[place] ?? '')
  }
  const ids = (Object.keys(tables) as Named[]).map(idsOf) // its own names
  if (ids.every((some) => some.length === 0)) return new Map()
  const found = await client.query<{ subject: string; id: string; name: string }>(namesSql, ids)
  return new Map(found.rows.map(({ subject, id, name }) => [`${subject} ${id}`, name]))
}
