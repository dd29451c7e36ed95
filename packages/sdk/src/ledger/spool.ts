import type { CallRecord, Intent } from './record'

/** Where a line lies on disk; only the spool reads it. */
export interface SpoolPlace {
  readonly segment: object
  readonly number: number
}

export interface Spooled {
  record: CallRecord
  place: SpoolPlace
}

/** Intents and records on disk, until they are acknowledged. Nothing here throws: a disk that refuses is told and counted. */
export interface Spool {
  /** Written before the call is sent; null where the disk did not take it. */
  writeIntent(intent: Intent): number | null
  writeRecord(intent: number | null, record: CallRecord): SpoolPlace | null
  /** There is no room in memory: it is read back later. */
  leave(place: SpoolPlace): void
  /** Records that lie on disk alone, oldest first, no more than `limit`. */
  take(limit: number): Promise<Spooled[]>
  /** The service has them, or will never take them. */
  forget(places: readonly SpoolPlace[]): void
  /** On disk alone. */
  readonly waiting: number
  readonly unspooled: number
  /** What earlier processes left behind is found. */
  readonly recovered: Promise<void>
  /** Gives the spool to whoever comes next; what is acknowledged is gone from disk. */
  close(): void
}

export interface SpoolRoom {
  directory: string
  /** Something with the disk is wrong; calls go on. */
  tell(message: string): void
  /** So many records could not be read back. */
  lose(count: number): void
}
