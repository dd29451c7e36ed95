import type { CallRecord, Intent } from '../../ledger/record'
import type { Spool, Spooled, SpoolPlace, SpoolRoom } from '../../ledger/spool'
import type { SpoolFolder } from './folder'
import { recoverFolders } from './recover'
import { SpoolFull, SpoolWriter } from './writer'

export const openSpool = (room: SpoolRoom): Spool => new DiskSpool(room)

class DiskSpool implements Spool {
  readonly recovered: Promise<void>
  readonly #room: SpoolRoom
  readonly #writer: SpoolWriter
  /** Of processes that died. */
  readonly #taken = new Set<SpoolFolder>()
  #unspooled = 0
  #isTold = false
  #isClosed = false

  constructor(room: SpoolRoom) {
    this.#room = room
    this.#writer = new SpoolWriter(room.directory)
    this.recovered = this.#recover().catch((error: unknown) => this.#report(error))
  }

  get waiting(): number {
    return this.#folders.reduce((sum, folder) => sum + folder.waiting, 0)
  }

  get unspooled(): number {
    return this.#unspooled
  }

  writeIntent(intent: Intent): number | null {
    return this.#write(() => this.#writer.writeIntent(intent))
  }

  writeRecord(intent: number | null, record: CallRecord): SpoolPlace | null {
    return this.#write(() => this.#writer.writeRecord(intent, record))
  }

  leave({ segment, number }: SpoolPlace): void {
    for (const folder of this.#folders) folder.leave(segment, number)
  }

  async take(limit: number): Promise<Spooled[]> {
    const folder = this.#folders.find(({ waiting }) => waiting > 0)
    if (!folder) return []
    const { spooled, lost } = await folder.take(limit)
    if (lost > 0) this.#room.lose(lost)
    return spooled
  }

  forget(places: readonly SpoolPlace[]): void {
    this.#attempt(() => this.#writer.forget(places))
    for (const folder of this.#taken) this.#attempt(() => this.#forgetTaken(folder, places))
  }

  close(): void {
    this.#attempt(() => this.#writer.close())
    for (const folder of this.#taken) this.#attempt(() => folder.release())
    this.#isClosed = true
  }

  get #folders(): SpoolFolder[] {
    return [...this.#taken, ...(this.#writer.folder ? [this.#writer.folder] : [])]
  }

  async #recover(): Promise<void> {
    const { directory, tell } = this.#room
    for (const folder of await recoverFolders(directory, () => tell(newer(directory)))) {
      if (this.#isClosed || folder.waiting === 0) folder.release()
      else this.#taken.add(folder)
    }
  }

  #forgetTaken(folder: SpoolFolder, places: readonly SpoolPlace[]): void {
    const numbers = folder.forget(places)
    if (folder.isDone) {
      this.#taken.delete(folder)
      folder.release()
    } else folder.acknowledge(numbers)
  }

  #write<T>(work: () => T): T | null {
    const written = this.#attempt(work)
    if (written !== null) this.#isTold = false
    else if (!this.#isClosed) this.#unspooled++
    return written
  }

  /** The disk may refuse; the call never hears of it. */
  #attempt<T>(work: () => T): T | null {
    if (this.#isClosed) return null
    try {
      return work()
    } catch (error) {
      this.#report(error)
      return null
    }
  }

  #report(error: unknown): void {
    if (!this.#isTold) this.#room.tell(describe(this.#room.directory, error))
    this.#isTold = true
  }
}

const newer = (directory: string) =>
  `The spool in ${directory} holds reports that a newer release of @keylease/sdk wrote: they are left alone. Start that release once, and they are sent.`

function describe(directory: string, error: unknown): string {
  const why = error instanceof SpoolFull ? 'it is full' : error instanceof Error ? error.message : String(error)
  return `The spool in ${directory} cannot be used (${why}): calls go on, but a crash now loses their reports. Make room there or name another directory.`
}
