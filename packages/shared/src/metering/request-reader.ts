import type { RequestFacts, RequestShape } from '../providers/operation'
import { CaptureRecord } from './capture-record'
import { FormScanner, findBoundary } from './form-scanner'
import { JsonScanner } from './json-scanner'
import type { RequestReading } from './reading'

/** Takes the body of a request, JSON or a form, and tells what it asks for. Its bytes are counted as they pass. */
export interface RequestReader {
  push(chunk: Uint8Array): void
  end(): RequestReading
}

export function createRequestReader(shape: RequestShape, facts: Omit<RequestFacts, 'bytes'>): RequestReader {
  const record = new CaptureRecord(shape.captures)
  const boundary = findBoundary(facts.headers['content-type'])
  const scanner = boundary === null ? new JsonScanner(record) : new FormScanner(boundary, record)
  let bytes = 0
  return {
    push: (chunk) => {
      bytes += chunk.length
      scanner.push(chunk)
    },
    end: () => {
      scanner.endDocument()
      return shape.read(record.read(), { ...facts, bytes })
    },
  }
}
