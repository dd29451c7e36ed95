import { createHash } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import type { PriceGap } from '@keylease/shared/pricing/cost'
import type { Clock } from '../../platform/clock'
import type { Database } from '../../platform/db'
import type { Log } from '../../platform/log'
import { recordEventOnce } from '../../platform/outbox'

interface Room {
  db: Pick<Database, 'appPool'>
  clock: Clock
  log: Log
}

interface Call {
  provider: string
  model: string | null
}

const dayMs = 86_400_000
const maximumNoted = 10_000
const longestName = 256

/**
 * Says once a day and organization that a model has no price, whichever replica meets it: the event has the same id everywhere.
 * It never slows or fails what is being priced.
 */
export function createMissingPrices({ db, clock, log }: Room) {
  let noted = new Set<string>()
  let notedOn = 0
  let writing: Promise<unknown> = Promise.resolve()

  return {
    note(organizationId: string, { provider, model }: Call, gaps: readonly PriceGap[]): void {
      if (model === null) return
      const day = Math.floor(clock.now().getTime() / dayMs)
      if (day !== notedOn) noted = new Set()
      notedOn = day
      const key = JSON.stringify([organizationId, provider, model.slice(0, longestName)])
      if (noted.has(key) || noted.size >= maximumNoted) return
      noted.add(key)
      const id = toEventId(day, key)
      const payload = { provider, model: model.slice(0, longestName), missing: describeGaps(gaps) }
      const event = { id, kind: 'price.missing', resource: { kind: 'provider', id: provider }, payload } as const
      writing = writing
        .then(() => recordEventOnce(db.appPool, organizationId, event))
        .catch((error: unknown) => {
          noted.delete(key)
          log.warn({ err: error }, 'a missing price could not be told; the next call tells it')
        })
    },
    stop: async (): Promise<void> => void (await writing),
  }
}

/** What has no price, in words; a model that nobody knows has none at all. */
export const describeGaps = (gaps: readonly PriceGap[]): string[] =>
  gaps.length === 0 ? ['model'] : gaps.map(({ kind, name }) => (kind === 'class' ? name : `${kind} ${name.slice(0, 60)}`))

function toEventId(day: number, key: string): string {
  const digest = createHash('sha256').update(key).digest()
  return newId('event', { now: () => day * dayMs, fill: (bytes) => bytes.set(digest.subarray(0, bytes.length)) })
}
