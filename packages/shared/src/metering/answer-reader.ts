import { oneRequest } from '../pricing/vector'
import type { AnswerShape, Usage } from '../providers/operation'
import { createFraming, type Framing, findFraming } from './framing/framing'
import type { AnswerEnd, AnswerFacts, UsageReading } from './reading'
import { beginScanning, endScanning, type Scanning } from './scanning'

/** Takes the bytes of an answer as they pass and tells at its end, once, what it used. */
export interface AnswerReader {
  push(chunk: Uint8Array): void
  end(how: AnswerEnd): UsageReading
}

/** Names of headers are lower-case; the body is what the caller gets, decompressed. */
export const createAnswerReader = (shape: AnswerShape, facts: AnswerFacts): AnswerReader => new ScanningReader(shape, facts)

class ScanningReader implements AnswerReader {
  private readonly scanning: Scanning
  private readonly framing: Framing
  private isOver = false

  constructor(
    private readonly shape: AnswerShape,
    private readonly facts: AnswerFacts,
  ) {
    this.scanning = beginScanning(shape.captures)
    this.framing = createFraming(findFraming(facts.headers['content-type']), this.scanning.scanner)
  }

  push(chunk: Uint8Array): void {
    // What it scans with is another reader's by then.
    if (!this.isOver) this.framing.push(chunk)
  }

  end(how: AnswerEnd): UsageReading {
    const { shape, facts, scanning, framing } = this
    const { record } = scanning
    this.isOver = true
    framing.end()
    const usage = shape.read(record.read(), facts)
    const isWhole = how === 'complete' || !facts.request.isStream
    const reading = toReading(usage, {
      vector: isUnbilledError(usage, facts) ? oneRequest({ requests: 0 }) : usage.vector,
      mismatch: usage.mismatch ?? describeLost(record.lost),
      error: usage.error ?? findError(framing.errorType, facts.status),
      quality: isExact(usage, facts, isWhole) && record.lost.length === 0 ? 'exact' : 'estimated',
    })
    endScanning(shape.captures, scanning)
    return reading
  }
}

function toReading(usage: Usage, found: Pick<UsageReading, 'vector' | 'mismatch' | 'error' | 'quality'>): UsageReading {
  return {
    vector: found.vector,
    imageTokens: usage.imageTokens,
    quality: found.quality,
    mismatch: found.mismatch,
    raw: usage.raw,
    model: usage.model,
    responseId: usage.responseId,
    finishReason: usage.finishReason,
    serviceTier: usage.serviceTier,
    reportedNanos: usage.reportedNanos,
    error: found.error,
    characters: { text: usage.characters?.text ?? 0, reasoning: usage.characters?.reasoning ?? 0 },
  }
}

/** Providers bill no 4xx, 429 or 5xx: an error that tells no usage cost nothing, and that is exact. */
const isUnbilledError = (usage: Usage, facts: AnswerFacts): boolean => !usage.isTold && facts.status >= 400

/** Told, and the parts add up. A stream that broke off tells running counts or a placeholder unless it said why it finished. */
function isExact(usage: Usage, facts: AnswerFacts, isWhole: boolean): boolean {
  if (usage.mismatch !== null) return false
  if (!usage.isTold) return isUnbilledError(usage, facts)
  return isWhole || usage.finishReason !== null
}

const describeLost = (names: readonly string[]): string | null => (names.length === 0 ? null : `${names.join(', ')} could not be kept`)

function findError(errorType: string | null, status: number): UsageReading['error'] {
  if (errorType !== null) return { type: errorType, code: null }
  return status >= 400 ? { type: null, code: null } : null
}
