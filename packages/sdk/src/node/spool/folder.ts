import { appendFileSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Spooled, SpoolPlace } from '../../ledger/spool'
import { toLine } from './lines'
import { nameFreeFolder } from './owner'
import type { Segment } from './segment'

/** A folder that this process owns: its own, or one that it took over. */
export class SpoolFolder {
  path: string
  readonly segments: Segment[]

  constructor(path: string, segments: Segment[]) {
    this.path = path
    this.segments = segments
  }

  get waiting(): number {
    return this.segments.reduce((sum, { left }) => sum + left.size, 0)
  }

  get isDone(): boolean {
    return this.segments.every(({ open }) => open.size === 0)
  }

  async take(limit: number): Promise<{ spooled: Spooled[]; lost: number }> {
    const segment = this.segments.find(({ left }) => left.size > 0)
    if (!segment) return { spooled: [], lost: 0 }
    const { found, lost } = await segment.take(limit)
    return { spooled: found.map(({ number, record }) => ({ record, place: { segment, number } })), lost }
  }

  leave(segment: object, number: number): void {
    if (this.segments.includes(segment as Segment)) (segment as Segment).left.add(number)
  }

  /** Those of the places that lie in this folder. */
  forget(places: readonly SpoolPlace[]): number[] {
    const segments = new Set<object>(this.segments)
    const mine = places.filter(({ segment }) => segments.has(segment))
    for (const { segment, number } of mine) (segment as Segment).open.delete(number)
    return mine.map(({ number }) => number)
  }

  /** Written down behind what another process wrote, whose last line may be torn. */
  acknowledge(numbers: readonly number[]): void {
    const last = this.segments.at(-1)
    if (last && numbers.length > 0) appendFileSync(last.path, `\n${toLine(['a', numbers])}`)
  }

  /** Removes from the front, so that what a file says of an earlier one is there as long as that is. */
  prune(keep: Segment | null): void {
    while (this.segments[0] && this.segments[0] !== keep && this.segments[0].open.size === 0) {
      rmSync(this.segments[0].path, { force: true })
      this.segments.shift()
    }
  }

  /** Gone if it is empty, else free for whoever comes next. */
  release(keep: Segment | null = null): void {
    this.prune(keep)
    if (this.segments.length === 0) rmdirSync(this.path)
    else renameSync(this.path, join(dirname(this.path), nameFreeFolder()))
  }
}
