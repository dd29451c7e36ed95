import type { Deps } from '../../deps'
import { type Batcher, createBatcher } from './batcher'
import type { LastLeased } from './choice'
import type { LeaseRequest } from './lease-request'
import { createOpenedKeys, type OpenedKeys } from './opened-keys'
import { createPolicyCache, type PolicyCache } from './policy-cache'
import { callRenew, type RenewAnswer, type RenewRequest } from './renewal-rows'
import { callReserve, type ReserveAnswer } from './reservation-rows'
import { createStreams, type Streams } from './streams'

/** What this process remembers of leases: the policies that it read, what it is about to ask for and to seal, the streams that it serves. */
export interface LeaseRoom {
  policies: PolicyCache
  reservations: Batcher<Reservation, ReserveAnswer | 'stale'>
  renewals: Batcher<{ request: RenewRequest; organizationId: string }, RenewAnswer>
  openedKeys: OpenedKeys
  lastLeased: LastLeased
  streams: Streams
}

interface Reservation {
  organizationId: string
  /** Of the policy that the request was judged by. */
  version: string
  request: LeaseRequest
}

/** The most live leases of one agent. */
const leasesPerAgent = 1_000

type Room = Pick<Deps, 'db' | 'events' | 'databaseTime' | 'lifecycle' | 'log' | 'cipher' | 'keyring'>

export function createLeaseRoom(room: Room): LeaseRoom {
  const { db, databaseTime } = room
  return {
    policies: createPolicyCache(room),
    reservations: createBatcher<Reservation, ReserveAnswer | 'stale'>(async (items) => {
      const [{ organizationId, version } = { organizationId: '', version: '' }] = items
      const requests = items.map(({ request }) => request)
      const call = { organizationId, policyVersion: version, now: databaseTime.now(), limit: leasesPerAgent, requests }
      return (await callReserve(db.appPool, call)) ?? items.map(() => 'stale' as const)
    }),
    renewals: createBatcher((items) => {
      const [{ organizationId } = { organizationId: '' }] = items
      const requests = items.map(({ request }) => request)
      return callRenew(db.appPool, { organizationId, now: databaseTime.now(), requests })
    }),
    openedKeys: createOpenedKeys(room),
    lastLeased: new Map(),
    streams: createStreams(room),
  }
}
