import { newId } from '@keylease/shared/ids'
import type { Deps } from '../../../deps'
import type { Jobs } from '../../../platform/jobs'
import { inTenant, type Tx } from '../../../platform/tenancy'
import { attemptDelivery } from './attempt'
import { recordOutcome } from './outcome'
import {
  claimDue,
  type DueDelivery,
  insertDeliveries,
  listBusyOrganizations,
  listListeners,
  markHandedOut,
  takeWaitingEvents,
} from './queries'

type SenderDeps = Pick<Deps, 'db' | 'clock' | 'cipher' | 'outbound' | 'log'>

export interface DeliverySender {
  /** Hands out new events and starts what is due; it does not wait for the receivers. */
  turn(): Promise<void>
  /** Waits for what is on its way. */
  drain(): Promise<void>
}

const everyMs = 1_000
const claimMs = 60_000
const handedOutAtOnce = 200
const underWayPerTenant = 10
const underWay = 50

/** At least once: a delivery is claimed, sent, then marked, so one whose sender died in between is sent again under its id. */
export function createDeliverySender(deps: SenderDeps, random: () => number = Math.random): DeliverySender {
  const sending = new Map<string, { organizationId: string; done: Promise<void> }>()
  const countOf = (organizationId: string) => [...sending.values()].filter((one) => one.organizationId === organizationId).length

  const deliver = async (due: DueDelivery) => {
    try {
      await recordOutcome(deps, due, await attemptDelivery(deps, due), random())
    } catch (error) {
      deps.log.error({ err: error, delivery: due.id }, 'a delivery could not be recorded; it is sent again when its claim runs out')
    } finally {
      sending.delete(due.id)
    }
  }

  const serve = async (organizationId: string) => {
    const free = Math.min(underWayPerTenant - countOf(organizationId), underWay - sending.size)
    const now = deps.clock.now()
    const due = await inTenant(deps.db, organizationId, async (tx) => {
      await handOut(tx, organizationId, now)
      return free > 0 ? claimDue(tx, now, new Date(now.getTime() + claimMs), free) : []
    })
    for (const one of due) sending.set(one.id, { organizationId, done: deliver(one) })
  }

  return {
    async turn() {
      for (const organizationId of await listBusyOrganizations(deps.db, deps.clock.now())) await serve(organizationId)
    },
    async drain() {
      await Promise.all([...sending.values()].map((one) => one.done))
    },
  }
}

/** Every webhook that wants an event gets its delivery in the transaction that says it was handed out. */
async function handOut(tx: Tx, organizationId: string, now: Date): Promise<void> {
  const events = await takeWaitingEvents(tx, handedOutAtOnce)
  if (events.length === 0) return
  const listeners = await listListeners(tx)
  const deliveries = events.flatMap((event) =>
    listeners
      .filter(({ kinds }) => wantsKind(kinds, event.kind))
      .map((webhook) => ({ organizationId, id: newId('delivery'), webhookId: webhook.id, eventId: event.id })),
  )
  await insertDeliveries(
    tx,
    deliveries.map((one) => ({ ...one, startedAt: now, nextAttemptAt: now, createdAt: now })),
  )
  await markHandedOut(
    tx,
    events.map((event) => event.id),
    now,
  )
}

const wantsKind = (filters: readonly string[], kind: string) => filters.includes(kind) || filters.includes(`${kind.split('.')[0]}.*`)

/** One replica sends for all. */
export function scheduleDeliveries(jobs: Jobs, deps: SenderDeps): DeliverySender {
  const sender = createDeliverySender(deps)
  jobs.loop('webhook-deliveries', everyMs, () => sender.turn())
  return sender
}
