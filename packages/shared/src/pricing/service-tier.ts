/** What providers call the tier that the list price is for. */
const standardNames: ReadonlySet<string> = new Set([
  'standard',
  'default',
  'auto',
  'on_demand',
  'on-demand',
  'ondemand',
  'standard_only',
  'unspecified',
  'service_tier_unspecified',
  'traffic_type_unspecified',
])

/** Other spellings: Vertex tells the tier as a traffic type. */
const otherNames: ReadonlyMap<string, string> = new Map([
  ['on_demand_priority', 'priority'],
  ['on_demand_flex', 'flex'],
  ['provisioned_throughput', 'provisioned'],
])

/** The tier by one name; null is the standard one. */
export const toServiceTier = (told: string | null): string | null => {
  if (told === null || told === '') return null
  const name = told.toLowerCase()
  return standardNames.has(name) ? null : (otherNames.get(name) ?? name)
}
