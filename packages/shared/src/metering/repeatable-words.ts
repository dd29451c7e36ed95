import type { CaptureNode } from './capture-program'

/** Whether a document would say the same with other words in its one string of which only characters are counted, and where they lie. */
export class RepeatableWords {
  isRepeatable = true
  /** In the bytes at hand; `to` −1 where they do not lie there whole. */
  from = 0
  to = -1
  private node: CaptureNode | null = null

  constructor(private readonly totals: { add(index: number, amount: number): void }) {}

  beginDocument(): void {
    this.isRepeatable = true
    this.to = -1
  }

  /** Of one string alone, in which nothing is kept that other words would change. */
  begin(node: CaptureNode, from: number, isKept: boolean): void {
    if (this.to >= 0 || isKept) this.isRepeatable = false
    this.node = node
    this.from = from
  }

  /** Where they end in the bytes at hand, or −1. */
  end(to: number): void {
    this.to = to
    if (to < 0) this.isRepeatable = false
  }

  /** So many characters came in words like those of the last document that was repeatable. */
  add(characters: number): void {
    if (this.node !== null) for (const index of this.node.characters) this.totals.add(index, characters)
  }
}
