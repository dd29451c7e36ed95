import type { AnswerReader } from '@keylease/shared/metering/answer-reader'
import { toBytes } from '../body-bytes'
import type { Config } from '../config'

/** As much of a body as a span holds. */
const longestBytes = 64 * 1024

/**
 * The bodies of one call as they travel, for the user's own trace and only where it was asked for: the service is never told of
 * them.
 */
export interface Content {
  input(body: unknown): void
  /** Reads what `reader` reads. */
  output(reader: AnswerReader): AnswerReader
  readonly attributes: Record<string, string>
}

const attributes = { input: 'keylease.request.body', output: 'keylease.response.body' } as const

export const noContent: Content = { input: () => undefined, output: (reader) => reader, attributes: {} }

export function createContent({ recordInputs, recordOutputs }: Pick<Config['telemetry'], 'recordInputs' | 'recordOutputs'>): Content {
  const texts: Record<string, string> = {}
  return {
    input(body) {
      const isWhole = typeof body === 'string' || body instanceof Uint8Array
      if (recordInputs && isWhole) texts[attributes.input] = decode([toBytes(body)])
    },
    output(reader) {
      if (!recordOutputs) return reader
      const pieces: Uint8Array[] = []
      let bytes = 0
      return {
        push(piece) {
          if (bytes < longestBytes) pieces.push(piece.slice(0, longestBytes - bytes))
          bytes += piece.byteLength
          reader.push(piece)
        },
        end(how) {
          texts[attributes.output] = decode(pieces)
          return reader.end(how)
        },
      }
    },
    attributes: texts,
  }
}

/** A character that the limit cuts is left out. */
function decode(pieces: readonly Uint8Array[]): string {
  const decoder = new TextDecoder()
  let rest = longestBytes
  let text = ''
  for (const piece of pieces) {
    text += decoder.decode(piece.subarray(0, rest), { stream: true })
    rest -= Math.min(rest, piece.byteLength)
  }
  return text
}
