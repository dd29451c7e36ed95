import type { RequestFacts, RequestShape } from '../providers/operation'
import { CaptureRecord } from './capture-record'
import { FormScanner, findBoundary } from './form-scanner'
import type { RequestReading } from './reading'
import { beginScanning, endScanning } from './scanning'

/** Takes the body of a request, JSON or a form, and tells once what it asks for. Its bytes are counted as they pass. */
export interface RequestReader {
  push(chunk: Uint8Array): void
  end(): RequestReading
}

export function createRequestReader(shape: RequestShape, facts: Omit<RequestFacts, 'bytes'>): RequestReader {
  const boundary = findBoundary(facts.headers['content-type'])
  const scanning = boundary === null ? beginScanning(shape.captures) : null
  const record = scanning?.record ?? new CaptureRecord(shape.captures)
  const scanner = scanning?.scanner ?? new FormScanner(boundary ?? '', record)
  let bytes = 0
  return {
    push: (chunk) => {
      bytes += chunk.length
      scanner.push(chunk)
    },
    end: () => {
      scanner.endDocument()
      const reading = shape.read(record.read(), { ...facts, bytes })
      if (scanning) endScanning(shape.captures, scanning)
      return reading
    },
  }
}
