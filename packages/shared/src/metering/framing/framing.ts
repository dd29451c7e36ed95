import type { JsonScanner } from '../json-scanner'
import { AwsEventStreamFraming } from './aws-event-stream'
import { BodyFraming } from './body'
import { JsonLinesFraming } from './json-lines'
import { SseFraming } from './sse'

/** Takes the JSON out of what carries it. */
export interface Framing {
  push(chunk: Uint8Array): void
  end(): void
  /** An error that the frame names beside its payload, such as `event: error`. */
  readonly errorType: string | null
}

export type FramingKind = 'sse' | 'json-lines' | 'aws-event-stream' | 'body'

const jsonLines = /^application\/(?:x-ndjson|ndjson|jsonl|x-jsonl|jsonlines|x-jsonlines|json-lines|stream\+json|json-seq)$/

const kinds = new Map<string, FramingKind>()
const mostKinds = 64

/** By the content type of the answer; what is not known is one body. */
export function findFraming(contentType: string | undefined): FramingKind {
  const written = contentType ?? ''
  const known = kinds.get(written)
  if (known !== undefined) return known
  const kind = readKind(written)
  if (kinds.size < mostKinds) kinds.set(written, kind)
  return kind
}

function readKind(contentType: string): FramingKind {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (type === 'text/event-stream') return 'sse'
  if (type === 'application/vnd.amazon.eventstream') return 'aws-event-stream'
  return jsonLines.test(type) ? 'json-lines' : 'body'
}

export function createFraming(kind: FramingKind, scanner: JsonScanner): Framing {
  switch (kind) {
    case 'sse':
      return new SseFraming(scanner)
    case 'json-lines':
      return new JsonLinesFraming(scanner)
    case 'aws-event-stream':
      return new AwsEventStreamFraming(scanner)
    case 'body':
      return new BodyFraming(scanner)
  }
}
