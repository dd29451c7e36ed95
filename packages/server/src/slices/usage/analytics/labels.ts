import type { UsageDimension } from '@keylease/shared/contracts/usage-breakdown'
import { findCatalogueProvider } from '@keylease/shared/providers/index'
import type pg from 'pg'
import { otherValue } from '../rollups/dimensions'

/** Whose names stand in a table, deleted ones too. */
const tables = { agent: 'agent', project: 'project', team: 'team', member: 'member', key: 'provider_key', provider: 'provider' } as const
type Named = keyof typeof tables

const selectNames = (subject: Named, place: number) =>
  `SELECT '${subject}' AS subject, id, name FROM ${tables[subject]} WHERE id = ANY($${place + 1}::text[])`

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
  const named = dimensions.filter((dimension): dimension is Named => dimension in tables)
  if (named.length === 0 || groups.length === 0) return new Map()
  const idsOf = (subject: Named) => groups.map(({ key }) => key[dimensions.indexOf(subject)] ?? '')
  const found = await client.query<{ subject: string; id: string; name: string }>(
    named.map(selectNames).join(' UNION ALL '),
    named.map(idsOf),
  )
  return new Map(found.rows.map(({ subject, id, name }) => [`${subject} ${id}`, name]))
}
