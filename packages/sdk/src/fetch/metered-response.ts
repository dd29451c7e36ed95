import type { MeteredBody } from './metered-body'

type ReadAll = MeteredBody['readAll']

const decoder = new TextDecoder()

/** The answer with another body: it came from where the original came from, and so did its copies. */
export class MeteredResponse extends Response {
  readonly #original: Response
  /** While nobody has asked for the stream, the body may be read beside it. */
  #readAll: ReadAll | null
  #isReadWhole = false

  constructor(stream: ReadableStream<Uint8Array> | null, original: Response, readAll: ReadAll | null = null) {
    super(stream, original)
    this.#original = original
    this.#readAll = readAll
  }

  override get url(): string {
    return this.#original.url
  }

  override get redirected(): boolean {
    return this.#original.redirected
  }

  override get type(): ResponseType {
    return this.#original.type
  }

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    this.#readAll = null
    return super.body
  }

  override get bodyUsed(): boolean {
    return this.#isReadWhole || super.bodyUsed
  }

  override clone(): Response {
    this.#readAll = null
    return new MeteredResponse(super.clone().body, this.#original)
  }

  override async text(): Promise<string> {
    const pieces = this.#readWhole()
    return pieces === null ? super.text() : toText(await pieces)
  }

  override async json(): Promise<unknown> {
    const pieces = this.#readWhole()
    return pieces === null ? super.json() : JSON.parse(toText(await pieces))
  }

  /** Once; the stream that is left aside is locked, as that of any body is that was read. */
  #readWhole(): Promise<Uint8Array[]> | null {
    const readAll = this.#readAll
    if (readAll === null) return null
    this.#readAll = null
    this.#isReadWhole = true
    super.body?.getReader()
    return readAll()
  }
}

function toText(pieces: readonly Uint8Array[]): string {
  if (pieces.length === 1) return decoder.decode(pieces[0])
  const whole = new Uint8Array(pieces.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const piece of pieces) {
    whole.set(piece, at)
    at += piece.byteLength
  }
  return decoder.decode(whole)
}
