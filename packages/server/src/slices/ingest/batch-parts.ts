import type { ReadBatch } from './read-batch'
import { readLeasedRow, readObservedRow, toLeasedRow, toObservedRow } from './rows/call-row'

/** How many calls are one text: a longer one would be memory of its own, which the system clears before and takes back after. */
const textSize = 128
/** How many texts one thread takes from another at once: about a millisecond of its event loop. */
const textsPerPart = 4

/** A batch in pieces of a few texts each, in the same order when they are joined. */
export function* writeParts(batch: ReadBatch): Generator<string[]> {
  let part: string[] = []
  for (const text of writeTexts(batch)) {
    part.push(text)
    if (part.length < textsPerPart) continue
    yield part
    part = []
  }
  if (part.length > 0) yield part
}

function* writeTexts({ leased, observed, ...rest }: ReadBatch): Generator<string> {
  yield writeText({ ...rest, leased: leased.slice(0, textSize), observed: [] })
  const nothing = { edges: [], dropped: 0, malformed: 0 }
  for (let at = textSize; at < leased.length; at += textSize)
    yield writeText({ ...nothing, leased: leased.slice(at, at + textSize), observed: [] })
  for (let at = 0; at < observed.length; at += textSize)
    yield writeText({ ...nothing, leased: [], observed: observed.slice(at, at + textSize) })
}

const toRows = ({ leased, observed, ...rest }: ReadBatch) => ({
  ...rest,
  leased: leased.map(toLeasedRow),
  observed: observed.map(toObservedRow),
})

const writeText = (part: ReadBatch): string => JSON.stringify(toRows(part))

/** Adds a piece that `writeParts` wrote. */
export function joinPart(batch: ReadBatch, texts: readonly string[]): void {
  for (const text of texts) joinText(batch, text)
}

function joinText(batch: ReadBatch, text: string): void {
  const part: ReturnType<typeof toRows> = JSON.parse(text)
  for (const row of part.leased) batch.leased.push(readLeasedRow(row))
  for (const row of part.observed) batch.observed.push(readObservedRow(row))
  batch.edges.push(...part.edges)
  batch.dropped += part.dropped
  batch.malformed += part.malformed
}
