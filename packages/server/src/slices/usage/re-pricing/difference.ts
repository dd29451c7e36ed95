/** What prices of now would change. Sums as decimal text, for JSON and Postgres alike. */
interface Sums {
  events: number
  changed: number
  beforeNanos: string
  afterNanos: string
  unpricedBefore: number
  unpricedAfter: number
}

export interface Difference extends Sums {
  models: (Sums & { provider: string; model: string })[]
}

export interface ComparedCost {
  provider: string
  model: string
  before: bigint | null
  after: bigint | null
}

const shownModels = 100
const nothing: Sums = { events: 0, changed: 0, beforeNanos: '0', afterNanos: '0', unpricedBefore: 0, unpricedAfter: 0 }

/** Adds a batch to what was compared before. The models that change most are kept by name; the rest stays in the sums. */
export function addCosts(to: Difference, costs: readonly ComparedCost[]): Difference {
  const models = new Map(to.models.map((one) => [`${one.provider}\n${one.model}`, one]))
  for (const cost of costs) {
    const key = `${cost.provider}\n${cost.model}`
    const known = models.get(key) ?? { ...nothing, provider: cost.provider, model: cost.model }
    models.set(key, { ...known, ...addCost(known, cost) })
  }
  const ordered = [...models.values()].sort((a, b) => compare(changeOf(b), changeOf(a)) || b.changed - a.changed)
  return { ...costs.reduce<Sums>(addCost, to), models: ordered.slice(0, shownModels) }
}

const addCost = (sums: Sums, { before, after }: ComparedCost): Sums => ({
  events: sums.events + 1,
  changed: sums.changed + (before === after ? 0 : 1),
  beforeNanos: String(BigInt(sums.beforeNanos) + (before ?? 0n)),
  afterNanos: String(BigInt(sums.afterNanos) + (after ?? 0n)),
  unpricedBefore: sums.unpricedBefore + (before === null ? 1 : 0),
  unpricedAfter: sums.unpricedAfter + (after === null ? 1 : 0),
})

function changeOf({ beforeNanos, afterNanos }: Sums): bigint {
  const change = BigInt(afterNanos) - BigInt(beforeNanos)
  return change < 0n ? -change : change
}

const compare = (a: bigint, b: bigint): number => (a < b ? -1 : a > b ? 1 : 0)
