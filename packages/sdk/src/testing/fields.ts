const decoder = new TextDecoder()

/** The fields of one protobuf message, by their numbers: of what our own exporter writes, and no more. */
export class Fields {
  readonly #fields = new Map<number, (bigint | Uint8Array)[]>()

  constructor(bytes: Uint8Array) {
    let at = 0
    const readVarint = (): bigint => {
      let value = 0n
      for (let shift = 0n; ; shift += 7n) {
        const byte = bytes[at++]
        if (byte === undefined) throw new Error('The message is cut short.')
        value |= BigInt(byte & 0x7f) << shift
        if (byte < 0x80) return value
      }
    }
    while (at < bytes.length) {
      const tag = Number(readVarint())
      const length = (tag & 7) === 1 ? 8 : (tag & 7) === 2 ? Number(readVarint()) : 0
      this.#add(tag >>> 3, (tag & 7) === 0 ? readVarint() : bytes.subarray(at, at + length))
      at += length
    }
  }

  messages(number: number): Fields[] {
    return this.#bytes(number).map((bytes) => new Fields(bytes))
  }

  text(number: number): string | undefined {
    const [bytes] = this.#bytes(number)
    return bytes && decoder.decode(bytes)
  }

  hex(number: number): string {
    return Array.from(this.#bytes(number)[0] ?? [], (byte) => byte.toString(16).padStart(2, '0')).join('')
  }

  number(number: number): number | undefined {
    const [value] = this.#fields.get(number) ?? []
    return typeof value === 'bigint' ? Number(BigInt.asIntN(64, value)) : undefined
  }

  double(number: number): number | undefined {
    return this.#view(number)?.getFloat64(0, true)
  }

  /** A time: more than a number holds. */
  fixed(number: number): string {
    return String(this.#view(number)?.getBigUint64(0, true) ?? 0n)
  }

  #view(number: number): DataView | undefined {
    const [bytes] = this.#bytes(number)
    return bytes && new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  #bytes(number: number): Uint8Array[] {
    return (this.#fields.get(number) ?? []).filter((field) => typeof field !== 'bigint')
  }

  #add(number: number, value: bigint | Uint8Array): void {
    this.#fields.set(number, [...(this.#fields.get(number) ?? []), value])
  }
}
