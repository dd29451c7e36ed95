import { readFile } from 'node:fs/promises'
import type { CallRecord } from '../../ledger/record'
import { readLines } from './lines'

/** One file of a spool folder, oldest first; it goes when all that it holds is acknowledged, and so is all before it. */
export class Segment {
  readonly path: string
  bytes = 0
  /** Numbers of records in this file that nobody has acknowledged. */
  readonly open = new Set<number>()
  /** Those of them that are not in memory. */
  readonly left = new Set<number>()
  /** Made of intents whose process died: they are in no file. */
  readonly assumed = new Map<number, CallRecord>()

  constructor(path: string) {
    this.path = path
  }

  /** No more than `limit` of those that are not in memory; the second number says how many could not be read. */
  async take(limit: number): Promise<{ found: { number: number; record: CallRecord }[]; lost: number }> {
    const wanted = new Set([...this.left].slice(0, limit))
    const found = [...this.assumed].filter(([number]) => wanted.has(number)).map(([number, record]) => ({ number, record }))
    const text = found.length < wanted.size ? await this.#read() : ''
    for (const [kind, number, record] of readLines(text)) {
      if (kind === 'r' && wanted.has(number)) found.push({ number, record })
    }
    for (const number of wanted) this.left.delete(number)
    const missing = new Set(wanted)
    for (const { number } of found) missing.delete(number)
    for (const number of missing) this.open.delete(number)
    return { found, lost: missing.size }
  }

  async #read(): Promise<string> {
    try {
      return await readFile(this.path, 'utf8')
    } catch (error) {
      if (error instanceof Error && 'code' in error) return ''
      throw error
    }
  }
}
