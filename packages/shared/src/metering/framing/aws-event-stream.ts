import { ByteCopy } from '../byte-copy'
import { JsonScanner } from '../json-scanner'
import { readAwsHeaders } from './aws-headers'
import { createBase64Target } from './base64-slot'
import { crc32 } from './crc32'
import type { Framing } from './framing'

const PRELUDE_BYTES = 12
const CHECKSUM_BYTES = 4
const MAX_HEADER_BYTES = 128 * 1024
const MAX_MESSAGE_BYTES = 24 * 1024 * 1024

type Part = 'prelude' | 'headers' | 'payload' | 'checksum' | 'lost'

/**
 * application/vnd.amazon.eventstream. The checksum of the prelude is checked, since it guards the lengths that everything else stands
 * on; that of the message is not: TLS has guarded the bytes, and nobody could send them again.
 */
export class AwsEventStreamFraming implements Framing {
  errorType: string | null = null
  private part: Part = 'prelude'
  private left = PRELUDE_BYTES
  private payloadBytes = 0
  private readonly head = new ByteCopy()
  private target: JsonScanner
  private readonly unwrapping: JsonScanner

  constructor(private readonly scanner: JsonScanner) {
    this.target = scanner
    this.unwrapping = new JsonScanner(createBase64Target('bytes', scanner))
  }

  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && this.part !== 'lost') {
      const stop = Math.min(chunk.length, at + this.left)
      if (this.part === 'payload') this.target.push(chunk, at, stop)
      else if (this.part !== 'checksum') this.head.append(chunk, at, stop, MAX_HEADER_BYTES)
      this.left -= stop - at
      at = stop
      while (this.left === 0) this.startNextPart()
    }
  }

  end(): void {
    this.scanner.endDocument()
  }

  private startNextPart(): void {
    if (this.part === 'prelude') this.readPrelude()
    else if (this.part === 'headers') this.readHeaders()
    else if (this.part === 'payload') {
      this.target.endDocument()
      this.startPart('checksum', CHECKSUM_BYTES)
    } else this.startPart('prelude', PRELUDE_BYTES)
  }

  private startPart(part: Part, bytes: number): void {
    this.part = part
    this.left = bytes
    this.head.length = 0
  }

  private readPrelude(): void {
    const { buffer, byteOffset } = this.head.bytes
    const prelude = new DataView(buffer, byteOffset, PRELUDE_BYTES)
    const total = prelude.getUint32(0)
    const headers = prelude.getUint32(4)
    this.payloadBytes = total - headers - PRELUDE_BYTES - CHECKSUM_BYTES
    const isSound =
      prelude.getUint32(8) === crc32(this.head.bytes, 0, 8) &&
      this.payloadBytes >= 0 &&
      total <= MAX_MESSAGE_BYTES &&
      headers <= MAX_HEADER_BYTES
    this.startPart(isSound ? 'headers' : 'lost', isSound ? headers : Number.POSITIVE_INFINITY)
  }

  private readHeaders(): void {
    const headers = readAwsHeaders(this.head.bytes.subarray(0, this.head.length))
    if (headers.messageType === 'exception' || headers.messageType === 'error')
      this.errorType = headers.exceptionType ?? headers.errorCode ?? headers.messageType
    this.target = headers.eventType === 'chunk' ? this.unwrapping : this.scanner
    this.startPart('payload', this.payloadBytes)
  }
}
