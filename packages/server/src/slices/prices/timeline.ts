import { createHash } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import type { PriceRow } from './price-rows'
import type { DatedTerms, SourcedModel } from './source-models'
import { toTermsJson } from './terms-json'

/** What of a row is its price; the rest is where it stands. */
type Segment = Pick<PriceRow, 'id' | 'effectiveFrom' | 'effectiveTo' | 'terms' | 'source' | 'sourceUrl' | 'version'>

/**
 * The prices of one model in time, after an import. What the source dates holds from its date, in the past as well. A change
 * without a date holds from the import on: what was true before is not told, and costs that were computed stay explicable.
 */
export function mergeTimeline(model: SourcedModel, before: readonly Segment[], version: string, now: number): Segment[] {
  const wanted = toSegments(model, version)
  if (before.length === 0) return wanted
  const current = wanted.findLast(({ effectiveFrom }) => effectiveFrom === null || effectiveFrom.getTime() <= now)
  const boundary = current?.effectiveFrom?.getTime() ?? now
  return joinSegments([...clip(before, null, boundary), ...clip(wanted, boundary, null)], model)
}

function toSegments(model: SourcedModel, version: string): Segment[] {
  return model.segments.map((dated, index) => {
    const next = model.segments[index + 1]
    return {
      id: toPriceId(model, dated.from, dated),
      effectiveFrom: toDate(dated.from),
      effectiveTo: toDate(next?.from ?? null),
      terms: toTermsJson(dated.terms),
      source: dated.source,
      sourceUrl: dated.sourceUrl,
      version,
    }
  })
}

/** The part of each segment that lies between two times; null has no bound. */
function clip(segments: readonly Segment[], from: number | null, to: number | null): Segment[] {
  return segments.flatMap((segment) => {
    const start = latest(segment.effectiveFrom?.getTime() ?? null, from)
    const end = earliest(segment.effectiveTo?.getTime() ?? null, to)
    return start !== null && end !== null && start >= end ? [] : [{ ...segment, effectiveFrom: toDate(start), effectiveTo: toDate(end) }]
  })
}

/** Neighbours at the same price are one, under the earlier name and with what the later one says beside the price. */
function joinSegments(segments: readonly Segment[], model: SourcedModel): Segment[] {
  const joined: Segment[] = []
  for (const segment of segments) {
    const last = joined.at(-1)
    if (last && textOf(last) === textOf(segment))
      joined[joined.length - 1] = { ...last, effectiveTo: segment.effectiveTo, terms: segment.terms }
    else joined.push({ ...segment, id: idOf(model, segment) })
  }
  return joined
}

/** What a model can take is no part of its price: learning it makes no other price of the same rates. */
const textOf = ({ terms, source }: Pick<Segment, 'terms' | 'source'>) =>
  `${source} ${JSON.stringify({ ...terms, contextTokens: undefined })}`

/** The same price from the same time on has the same name, in every replica and at every import. */
function toPriceId(model: SourcedModel, from: number | null, { terms, source }: DatedTerms): string {
  return idOf(model, { effectiveFrom: toDate(from), terms: toTermsJson(terms), source })
}

function idOf({ provider, model }: SourcedModel, segment: Pick<Segment, 'effectiveFrom' | 'terms' | 'source'>): string {
  const from = segment.effectiveFrom?.getTime() ?? 0
  const digest = createHash('sha256')
    .update(JSON.stringify([provider, model, from, textOf(segment)]))
    .digest()
  return newId('price', { now: () => Math.max(0, from), fill: (bytes) => bytes.set(digest.subarray(0, bytes.length)) })
}

const toDate = (time: number | null) => (time === null ? null : new Date(time))
const latest = (one: number | null, other: number | null) => (one === null ? other : other === null ? one : Math.max(one, other))
const earliest = (one: number | null, other: number | null) => (one === null ? other : other === null ? one : Math.min(one, other))
