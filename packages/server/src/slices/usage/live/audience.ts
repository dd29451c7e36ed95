import type { LiveKind } from '@keylease/shared/contracts/live-events'
import { type EventStream, formatEvent } from '../../../platform/event-stream'
import { type GatheredChanges, toLiveChanges } from './changes'
import { addTeamUsage, type TeamUsage, toLiveUsage, type UsageByTeam } from './sums'

export interface Watcher {
  caller: string
  /** The teams beyond which it hears nothing; null is the whole organization. */
  teams: readonly string[] | null
  stream: EventStream
  isAlive(): Promise<boolean>
}

/** Those who watch one organization, and what they are about to be told. */
export interface Audience {
  watchers: Set<Watcher>
  usage: UsageByTeam
  changes: GatheredChanges
  /** Something happened that may have ended a credential. */
  isSuspect: boolean
  timer: NodeJS.Timeout | undefined
}

export const createAudience = (): Audience => ({
  watchers: new Set(),
  usage: new Map(),
  changes: new Map<LiveKind, Set<string | null>>(),
  isSuspect: false,
  timer: undefined,
})

export function gatherUsage(audience: Audience, teams: readonly TeamUsage[]): void {
  for (const usage of teams) addTeamUsage(audience.usage, usage)
}

/** One text for all who hear the same. */
export function tellAudience(audience: Audience, now: Date): void {
  const texts = new Map<string, string>()
  for (const { teams, stream } of audience.watchers) {
    const reach = JSON.stringify(teams)
    const text = texts.get(reach) ?? toText(audience, teams, now)
    texts.set(reach, text)
    if (text !== '') stream.send(text)
  }
  audience.usage = new Map()
  audience.changes = new Map()
}

/** Ids may be beyond the reach of who works in teams. */
function toText({ usage, changes }: Audience, teams: readonly string[] | null, now: Date): string {
  const moved = toLiveUsage(usage, teams, now)
  const changed = toLiveChanges(changes, { withIds: teams === null })
  return [...(moved ? [formatEvent('usage', moved)] : []), ...changed.map((change) => formatEvent('changed', change))].join('')
}

/** Asks again whether they may still hear; while nobody can say, they may. */
export async function endDead(watchers: Iterable<Watcher>): Promise<void> {
  await Promise.all(
    [...watchers].map(async ({ stream, isAlive }) => {
      if (!(await isAlive().catch(() => true))) stream.end()
    }),
  )
}
