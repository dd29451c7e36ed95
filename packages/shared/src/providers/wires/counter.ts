import { joinMismatches } from './openai-answer'
import { readCount } from './read-count'

/** Reads the counts of one usage and collects what does not add up. */
export interface Counter {
  /** Absent, or no count at all, is 0. */
  count(value: unknown, name: string): number
  /** A part of a whole: never more than it. */
  part(value: unknown, name: string, whole: number): number
  note(fault: string): void
  mismatch(): string | null
}

export function createCounter(): Counter {
  const faults: string[] = []
  const note = (fault: string) => {
    faults.push(fault)
  }
  const count = (value: unknown, name: string) => readCount(value, name, faults) ?? 0
  const part = (value: unknown, name: string, whole: number) => {
    const told = count(value, name)
    if (told > whole) note(`${name} is ${told} of a whole of ${whole}`)
    return Math.min(told, whole)
  }
  return { count, part, note, mismatch: () => joinMismatches(faults) }
}
