import type { ReadBatch } from './read-batch'
import { readLeasedRow, readObservedRow, toLeasedRow, toObservedRow } from './rows/call-row'

/** How many calls one thread takes from another at once: about a millisecond of its event loop. */
const partSize = 500

/** A batch as texts, each of one piece, in the same order when they are joined. */
export function* writeParts({ leased, observed, ...rest }: ReadBatch): Generator<string> {
  yield writePart({ ...rest, leased: leased.slice(0, partSize), observed: [] })
  const nothing = { edges: [], dropped: 0, malformed: 0 }
  for (let at = partSize; at < leased.length; at += partSize)
    yield writePart({ ...nothing, leased: leased.slice(at, at + partSize), observed: [] })
  for (let at = 0; at < observed.length; at += partSize)
    yield writePart({ ...nothing, leased: [], observed: observed.slice(at, at + partSize) })
}

const toRows = ({ leased, observed, ...rest }: ReadBatch) => ({
  ...rest,
  leased: leased.map(toLeasedRow),
  observed: observed.map(toObservedRow),
})

const writePart = (part: ReadBatch): string => JSON.stringify(toRows(part))

/** Adds a piece that `writeParts` wrote. */
export function joinPart(batch: ReadBatch, text: string): void {
  const part: ReturnType<typeof toRows> = JSON.parse(text)
  for (const row of part.leased) batch.leased.push(readLeasedRow(row))
  for (const row of part.observed) batch.observed.push(readObservedRow(row))
  batch.edges.push(...part.edges)
  batch.dropped += part.dropped
  batch.malformed += part.malformed
}
