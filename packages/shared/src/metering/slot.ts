/** Takes the bytes of one value while they pass. Positions are those of the chunk at hand. */
export interface Slot {
  /** False: this value is not wanted. Never called for null. */
  open(at: number, first: number): boolean
  /** The value goes on at this position of a new chunk. */
  resume(at: number): void
  /** The chunk ends inside the value. */
  hold(bytes: Uint8Array, end: number): void
  close(bytes: Uint8Array, end: number): void
  /** The value is nested deeper than anything that is kept. */
  spoil(): void
}
