import { ByteCopy } from './byte-copy'
import { byteAt, CR, toBytes, toText } from './bytes'
import { FormField } from './form-field'
import type { CaptureTarget } from './json-scanner'

const MAX_HEADER_BYTES = 4 * 1024
const headerEnd = toBytes('\r\n\r\n')

/** The boundary of multipart/form-data, or null for any other type. */
export function findBoundary(contentType: string | undefined): string | null {
  const match = /^\s*multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,200})"|([^\s;]{1,200}))/i.exec(contentType ?? '')
  return match?.[1] ?? match?.[2] ?? null
}

/**
 * Reads the short fields of multipart/form-data that captures name, as if they were members of a JSON object. Files pass by.
 * A delimiter holds one CR, its first byte, so a match that fails can begin again only at the byte that failed it.
 */
export class FormScanner {
  private readonly delimiter: Uint8Array
  /** How much of the delimiter, or of the end of the headers, the last bytes were. The body begins as if a line had just ended. */
  private matched = 2
  private isInHeaders = false
  private readonly headers = new ByteCopy()
  private field: FormField | null = null

  constructor(
    boundary: string,
    private readonly target: CaptureTarget,
  ) {
    this.delimiter = toBytes(`\r\n--${boundary}`)
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length) at = this.isInHeaders ? this.readHeaders(chunk, at) : this.readContent(chunk, at)
  }

  endDocument(): void {
    this.field = null
  }

  private readContent(chunk: Uint8Array, from: number): number {
    const { delimiter } = this
    if (this.matched === 0) {
      const found = chunk.indexOf(CR, from)
      const stop = found < 0 ? chunk.length : found
      this.field?.add(chunk, from, stop)
      if (found >= 0) this.matched = 1
      return found < 0 ? stop : stop + 1
    }
    if (byteAt(chunk, from) !== delimiter[this.matched]) {
      this.field?.add(delimiter, 0, this.matched)
      this.matched = 0
      return from
    }
    this.matched++
    if (this.matched < delimiter.length) return from + 1
    this.field?.end(this.target)
    this.field = null
    this.isInHeaders = true
    this.matched = 0
    this.headers.length = 0
    return from + 1
  }

  private readHeaders(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length && this.matched < headerEnd.length) {
      const byte = byteAt(chunk, at++)
      if (byte === headerEnd[this.matched]) this.matched++
      else this.matched = byte === CR ? 1 : 0
    }
    this.headers.append(chunk, from, at, MAX_HEADER_BYTES)
    if (this.matched < headerEnd.length) return at
    this.isInHeaders = false
    this.matched = 0
    const name = readFieldName(toText(this.headers.bytes.subarray(0, this.headers.length)))
    this.field = name === null ? null : FormField.find(name, this.target)
    return at
  }
}

/** Null for a file, and where there is no name. */
function readFieldName(headers: string): string | null {
  const disposition = /^content-disposition:[^\r\n]*/im.exec(headers)?.[0] ?? ''
  if (/;\s*filename\*?=/i.test(disposition)) return null
  return /;\s*name="([^"]*)"/i.exec(disposition)?.[1] ?? null
}
