import type { Capture } from './capture'
import { CaptureRecord } from './capture-record'
import { JsonScanner } from './json-scanner'

/** A scanner, and what it keeps. */
export interface Scanning {
  record: CaptureRecord
  scanner: JsonScanner
}

type Captures = Readonly<Record<string, Capture>>

const mostIdle = 8
const mostIdleBytes = 4_096
const idle = new WeakMap<Captures, Scanning[]>()

/** To make one costs as much as to read a small body with it, so they are used again. */
export function beginScanning(captures: Captures): Scanning {
  const used = idle.get(captures)?.pop()
  if (used !== undefined) return used
  const record = new CaptureRecord(captures)
  return { record, scanner: new JsonScanner(record) }
}

/** Whoever ends it does not touch it again. */
export function endScanning(captures: Captures, scanning: Scanning): void {
  const { record, scanner } = scanning
  const known = idle.get(captures) ?? []
  if (known.length >= mostIdle || record.store.bytes.length > mostIdleBytes) return
  scanner.endDocument()
  record.clear()
  known.push(scanning)
  if (known.length === 1) idle.set(captures, known)
}
