import { BareMembers } from './bare-members'
import { ByteStore } from './byte-store'
import type { Capture, Captured } from './capture'
import { type CaptureProgram, compileCaptures } from './capture-program'
import { KeptValue } from './kept-value'
import type { Slot } from './slot'
import { ValueTally } from './value-tally'

/** What was kept so far of one answer or request. By the index of the capture, and made when its path first occurs. */
export class CaptureRecord {
  readonly program: CaptureProgram
  /** Names of values that occurred and could not be kept: too large, too deep, or no JSON. Known once it was read. */
  readonly lost: string[] = []
  readonly store = new ByteStore()
  private readonly slots: (KeptValue | ValueTally | undefined)[] = []
  private readonly totals: (number | undefined)[] = []

  constructor(captures: Readonly<Record<string, Capture>>) {
    this.program = compileCaptures(captures)
  }

  slot(index: number): Slot {
    const known = this.slots[index]
    if (known !== undefined) return known
    const keep = this.program.captures[index]?.keep
    const slot = keep === 'values' ? new ValueTally(this.store) : new KeptValue(this.store, keep === 'first')
    this.slots[index] = slot
    return slot
  }

  add(index: number, amount: number): void {
    this.totals[index] = (this.totals[index] ?? 0) + amount
  }

  read(): Captured {
    const captured = new BareMembers()
    const { captures } = this.program
    this.lost.length = 0
    for (let index = 0; index < captures.length; index++) {
      const slot = this.slots[index]
      const value = slot === undefined ? this.totals[index] : slot.read()
      const name = captures[index]?.name ?? ''
      if (value !== undefined) captured[name] = value
      else if (slot instanceof KeptValue && slot.hasValue) this.lost.push(name)
    }
    return captured
  }

  clear(): void {
    for (const slot of this.slots) slot?.clear()
    this.store.clear()
    this.totals.length = 0
  }
}
