import { byteAt, toBytes } from '../bytes'
import { compileCaptures } from '../capture-program'
import type { CaptureTarget, JsonScanner } from '../json-scanner'
import type { Slot } from '../slot'

const alphabet = toBytes('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/')
const values = new Int8Array(256).fill(-1)
for (const [value, byte] of alphabet.entries()) values[byte] = value

const BUFFER_BYTES = 3 * 1024

/** Reads the JSON that the base64 string of one member holds, a small piece at a time. Quotes, padding and escapes are no base64. */
class Base64Slot implements Slot {
  private readonly buffer = new Uint8Array(BUFFER_BYTES)
  private start = 0
  private bits = 0
  private bitCount = 0

  constructor(private readonly scanner: JsonScanner) {}

  open(at: number): boolean {
    this.start = at
    this.bits = 0
    this.bitCount = 0
    return true
  }

  resume(at: number): void {
    this.start = at
  }

  hold(bytes: Uint8Array, end: number): void {
    let length = 0
    for (let at = this.start; at < end; at++) {
      const value = values[byteAt(bytes, at)] ?? -1
      if (value < 0) continue
      this.bits = ((this.bits << 6) | value) & 0xffff
      this.bitCount += 6
      if (this.bitCount < 8) continue
      this.bitCount -= 8
      this.buffer[length++] = (this.bits >> this.bitCount) & 0xff
      if (length === BUFFER_BYTES) {
        this.scanner.push(this.buffer)
        length = 0
      }
    }
    this.scanner.push(this.buffer, 0, length)
  }

  close(bytes: Uint8Array, end: number): void {
    this.hold(bytes, end)
    this.scanner.endDocument()
  }

  spoil(): void {
    this.bitCount = 0
  }
}

/** Where a scanner of the wrapping JSON puts what the member holds. */
export function createBase64Target(member: string, scanner: JsonScanner): CaptureTarget {
  const slot = new Base64Slot(scanner)
  return { program: compileCaptures({ [member]: { path: member, keep: 'last' } }), slot: () => slot, add: () => undefined }
}
