import { hideUsageEvent, type UsageEventFilter } from '@keylease/shared/metering/hide-usage-event'
import type { Config } from '../config'
import type { Call } from './classify'
import type { AnswerTaker } from './late-reader'
import { LinkedAbort } from './linked-abort'
import { MeteredBody } from './metered-body'
import { meterResponse } from './metered-response'
import { outputCapHeader } from './output-cap'
import { Recorder, type RecorderRoom, type Sending } from './recorder'
import { sendCall } from './send'

/** One sending of a call under one lease: its own number, its own record, whatever becomes of it. */
export class Attempt {
  readonly #config: Config
  readonly #sending: Sending
  readonly #link: LinkedAbort
  readonly #recorder: Recorder

  constructor(room: RecorderRoom, sending: Sending) {
    this.#config = room.config
    this.#sending = sending
    this.#link = new LinkedAbort(sending.call.outgoing.signal)
    this.#recorder = new Recorder(room, sending, this.#link)
  }

  /** Whoever waits for it tells what came of it: a promise in between would cost a turn. */
  send(): Promise<Response> {
    const { call, lease, span } = this.#sending
    return span.run(() => sendCall(this.#config, call, lease, this.#link.signal, this.#recorder))
  }

  answered(response: Response): Answer {
    return new Answer(response, this.#sending.call, this.#recorder, this.#link)
  }

  failed(error: unknown): void {
    this.#link.unlink()
    this.#recorder.end(this.#link.signal.aborted ? 'aborted' : 'broken', error)
  }
}

/** What lives as long as a call is of classes, without closures that hold more of it than they use. */
export class Answer {
  readonly response: Response
  readonly #call: Call
  readonly #recorder: Recorder
  readonly #taker: AnswerTaker
  readonly #link: LinkedAbort

  constructor(response: Response, call: Call, recorder: Recorder, link: LinkedAbort) {
    this.response = response
    this.#call = call
    this.#recorder = recorder
    this.#taker = recorder.answer(response)
    this.#link = link
  }

  /** The answer is not handed on: what it told is recorded as it is. */
  async discard(): Promise<void> {
    this.#complete()
    await this.response.body?.cancel().catch(() => undefined)
  }

  /** The answer for the caller, metered as it is read. */
  deliver(): Response {
    const { response } = this
    const { filledOutputCap } = this.#call
    if (response.body === null) {
      this.#complete()
      return response
    }
    const body = new MeteredBody(response.body, this.#taker, findFilter(this.#call, response), this.#link, this.#recorder)
    return meterResponse(response, body, filledOutputCap === null ? null : [outputCapHeader, String(filledOutputCap)])
  }

  #complete(): void {
    this.#link.unlink()
    this.#recorder.end('complete')
  }
}

function findFilter({ found, asksForUsage }: Call, { headers }: Response): UsageEventFilter | null {
  const { usageOption } = found.operation.answer
  return asksForUsage && usageOption && isEventStream(headers) ? hideUsageEvent(usageOption) : null
}

const isEventStream = (headers: Headers): boolean => headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
