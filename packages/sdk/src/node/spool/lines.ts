import type { CallRecord, Intent } from '../../ledger/record'

/** One line of a segment: an intent, a record of the intent with that number, or the numbers that are acknowledged. */
export type Line = ['i', number, Intent] | ['r', number, CallRecord] | ['a', readonly number[]]

/** The first line of every segment. A later format has another number, and is left to the release that wrote it. */
const format = 1
export const header = `${JSON.stringify({ keyleaseSpool: format })}\n`

export const isKnownFormat = (text: string): boolean => /^\{"keyleaseSpool":1\}(?:\n|$)/.test(text) || header.startsWith(text)

export const toLine = (line: Line): string => `${JSON.stringify(line[0] === 'r' ? ['r', line[1], withText(line[2])] : line)}\n`

/** JSON has no bigint: an amount is decimal text. */
function withText(record: CallRecord): object {
  const { reading } = record
  return reading.reportedNanos === null ? record : { ...record, reading: { ...reading, reportedNanos: String(reading.reportedNanos) } }
}

/** What a crash or a full disk tore is no line. */
export function readLines(text: string): Line[] {
  return text.split('\n').flatMap((row) => {
    const line = parse(row)
    if (!line) return []
    if (line[0] === 'r') line[2].reading.reportedNanos = toNanos(line[2].reading.reportedNanos)
    return [line]
  })
}

const toNanos = (written: bigint | string | null): bigint | null => (written === null ? null : BigInt(written))

function parse(row: string): Line | null {
  if (!row.startsWith('["') || !row.endsWith(']')) return null
  try {
    return JSON.parse(row) as Line // written by toLine, in a folder of ours
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
