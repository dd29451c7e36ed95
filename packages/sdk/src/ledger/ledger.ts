import type { Lease } from '../leases/lease'
import type { CallRecord, Intent } from './record'

/** A call that has begun: its number is taken, so it will be reported whatever becomes of it. */
export interface CallEntry {
  readonly lease: Lease
  readonly sequence: number
  readonly startedAtMs: number
  /** Its number in the spool, where it lies there. */
  readonly intent?: number | null
}

/** What is known of a call before it is sent. */
export type CallFacts = Omit<Intent, 'leaseId' | 'sequence' | 'clockOffsetMs' | 'startedAtMs'>

/** A record as it is sent: good until the next is written. Handed over, for what writes is loaded with the first call. */
export type WriteSpan = (record: CallRecord) => Uint8Array

export interface LedgerStats {
  /** Recorded and not acknowledged yet. */
  waiting: number
  /** Lost for want of room, or refused by the service: each was told by a `degraded` event. */
  dropped: number
  acknowledged: number
  /** Lines that the disk did not take: these calls are reported from memory, and a crash would lose them. */
  unspooled: number
}

/** Where every call under a lease is written down, exactly once, until the service has it. */
export interface Ledger {
  /** Until the spool is open; null where nothing is waited for. A call that begins earlier has no intent on disk. */
  readonly opening: Promise<void> | null
  /** Takes the next number of the lease, and writes down the intent where a spool can. */
  begin(lease: Lease, readFacts: () => CallFacts): CallEntry
  finish(entry: CallEntry, record: CallRecord, write: WriteSpan): void
  /** Sends what waits; resolves once it is acknowledged, or could not be sent for now. */
  flush(): Promise<void>
  close(): Promise<void>
  stats(): LedgerStats
}
