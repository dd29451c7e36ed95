import { type AnswerReader, createAnswerReader } from '@keylease/shared/metering/answer-reader'
import type { AnswerEnd, AnswerFacts, RequestReading, UsageReading } from '@keylease/shared/metering/reading'
import type { Chore } from '../chores'
import type { Content } from '../telemetry/content'
import type { Call } from './classify'
import { postpone } from './postpone'

/** What takes an answer as it comes. */
export interface AnswerTaker {
  /** A piece that its caller gets too, and may do with what he likes once he has it. */
  push(piece: Uint8Array): void
  /** A piece that nobody else will ever write to. */
  keep(piece: Uint8Array): void
}

const bufferBytes = 8 * 1024
const largeBytes = 64 * 1024
const mostIdle = 16
const idle: Uint8Array[] = []

/** Holds what has come of an answer until there is time to read it: one small buffer of a stream, an answer that is read whole as it is. */
export class LateReader implements AnswerTaker, Chore {
  readonly #call: Call
  readonly #status: number
  readonly #headers: Headers
  readonly #content: Content
  #reader: AnswerReader | null = null
  #buffer: Uint8Array | null = null
  #length = 0
  #kept: Uint8Array[] = []
  #keptBytes = 0
  #isBroken = false

  constructor(call: Call, { status, headers }: Pick<Response, 'status' | 'headers'>, content: Content) {
    this.#call = call
    this.#status = status
    this.#headers = headers
    this.#content = content
  }

  push(piece: Uint8Array): void {
    const { length } = piece
    if (this.#length + length > bufferBytes) this.run()
    if (length > bufferBytes) {
      this.#read(piece)
      return
    }
    this.#buffer ??= idle.pop() ?? new Uint8Array(bufferBytes)
    this.#buffer.set(piece, this.#length)
    const isHalfFull = this.#length > bufferBytes / 2
    this.#length += length
    if (!isHalfFull && this.#length > bufferBytes / 2) postpone(this)
  }

  keep(piece: Uint8Array): void {
    this.#kept.push(piece)
    this.#keptBytes += piece.length
  }

  /** It should not be held for long. */
  get isLarge(): boolean {
    return this.#keptBytes > largeBytes
  }

  /** Reads what it holds. */
  run(): void {
    if (this.#buffer !== null && this.#length > 0) this.#read(this.#buffer.subarray(0, this.#length))
    this.#length = 0
    for (const piece of this.#kept) this.#read(piece)
    this.#kept = []
  }

  end(how: AnswerEnd): UsageReading {
    this.run()
    if (this.#buffer !== null && idle.length < mostIdle) idle.push(this.#buffer)
    this.#buffer = null
    return this.#isBroken ? readNothing(this.#call, 'broken') : this.#open().end(how)
  }

  /** Its caller has nothing to do with what goes wrong here: it is estimated as one that broke off. */
  #read(piece: Uint8Array): void {
    if (this.#isBroken) return
    try {
      this.#open().push(piece)
    } catch {
      this.#isBroken = true
    }
  }

  #open(): AnswerReader {
    this.#reader ??= this.#content.output(createReader(this.#call, this.#status, nameHeaders(this.#headers)))
    return this.#reader
  }
}

/** Of a call that got no answer. */
export const readNothing = (call: Call, how: AnswerEnd): UsageReading => createReader(call, 0, {}).end(how)

const createReader = ({ found, request }: Call, status: number, headers: AnswerFacts['headers']): AnswerReader =>
  createAnswerReader(found.operation.answer, new ExchangeFacts(status, headers, found.params, request))

class ExchangeFacts implements AnswerFacts {
  constructor(
    readonly status: number,
    readonly headers: AnswerFacts['headers'],
    readonly params: AnswerFacts['params'],
    readonly request: RequestReading,
  ) {}
}

/** Few readers ask for a header, and none for all of them. */
const nameHeaders = (headers: Headers): AnswerFacts['headers'] => new Proxy<Headers & AnswerFacts['headers']>(headers as never, byName)

const byName: ProxyHandler<Headers> = {
  get: (headers, name) => (typeof name === 'string' ? (headers.get(name) ?? undefined) : undefined),
}
