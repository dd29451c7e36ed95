/** Whether bytes that come in pieces are one word and nothing else. */
export class WordMatch {
  /** How much of the word they were so far, −1 where they are another. */
  private matched = 0

  constructor(private readonly word: Uint8Array) {}

  get isWhole(): boolean {
    return this.matched === this.word.length
  }

  begin(): void {
    this.matched = 0
  }

  push(bytes: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to && this.matched >= 0; at++) {
      this.matched = this.matched < this.word.length && bytes[at] === this.word[this.matched] ? this.matched + 1 : -1
    }
  }
}
