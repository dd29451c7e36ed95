import type { MeteredBody } from './metered-body'

/** An answer with another body: it came from where the original came from, and so did its copies. */
class AnswerCopy extends Response {
  readonly #original: Response

  constructor(stream: ReadableStream<Uint8Array> | null, original: Response) {
    super(stream, original)
    this.#original = original
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

  override clone(): Response {
    return new AnswerCopy(super.clone().body, this.#original)
  }
}

const reading = Symbol('reading')
const decoder = new TextDecoder()

class Reading {
  /** Made for whoever asks for it. */
  stream: ReadableStream<Uint8Array> | null = null
  /** What reads the stream in any other way than whole. */
  copy: Response | null = null

  constructor(readonly body: MeteredBody) {}
}

/**
 * What fetch gave, whose body is read through the meter. Never made: an answer of the runtime becomes one, for a second answer around the
 * first costs as much as all that is measured of it. Its own stream is held, so that nothing is read beside the meter.
 */
class MeteredAnswer extends Response {
  declare [reading]: Reading | null

  override get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    const own = this[reading]
    if (own === null) return super.body
    return own.copy ? own.copy.body : (openStream(own) as ReadableStream<Uint8Array<ArrayBuffer>>) // of which fetch makes all its pieces
  }

  override get bodyUsed(): boolean {
    const own = this[reading]
    if (own === null) return super.bodyUsed
    return own.copy ? own.copy.bodyUsed : own.body.isTouched
  }

  override clone(): Response {
    return copyAnswer(this)?.clone() ?? super.clone()
  }

  override async text(): Promise<string> {
    const pieces = readWhole(this)
    return pieces === null ? (copyAnswer(this)?.text() ?? super.text()) : toText(await pieces)
  }

  override async json(): Promise<unknown> {
    const pieces = readWhole(this)
    return pieces === null ? (copyAnswer(this)?.json() ?? super.json()) : JSON.parse(toText(await pieces))
  }

  override async arrayBuffer(): Promise<ArrayBuffer> {
    return copyAnswer(this)?.arrayBuffer() ?? super.arrayBuffer()
  }

  override async blob(): Promise<Blob> {
    return copyAnswer(this)?.blob() ?? super.blob()
  }

  override async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    return copyAnswer(this)?.bytes() ?? super.bytes()
  }

  override async formData(): Promise<FormData> {
    return copyAnswer(this)?.formData() ?? super.formData()
  }
}

/** The answer with its body metered, and a header more where there is one to add. */
export function meterResponse(original: Response, body: MeteredBody, header: [string, string] | null = null): Response {
  if (header === null && Object.getPrototypeOf(original) === Response.prototype) {
    const answer: MeteredAnswer = Object.setPrototypeOf(original, MeteredAnswer.prototype)
    answer[reading] = new Reading(body)
    body.watch(answer)
    return answer
  }
  const copy = new AnswerCopy(body.openStream(), original)
  if (header) copy.headers.set(...header)
  return copy
}

/** Null where it was read whole. */
function copyAnswer(answer: MeteredAnswer): Response | null {
  const own = answer[reading]
  if (own === null) return null
  own.copy ??= new AnswerCopy(openStream(own), answer)
  return own.copy
}

function openStream(own: Reading): ReadableStream<Uint8Array> {
  own.stream ??= own.body.openStream()
  return own.stream
}

/** Once, and only while nobody has asked for the stream. */
function readWhole(answer: MeteredAnswer): Promise<Uint8Array[]> | null {
  const own = answer[reading]
  if (own === null || own.copy !== null || own.stream !== null) return null
  answer[reading] = null
  return own.body.readAll()
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
