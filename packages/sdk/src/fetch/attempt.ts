import { hideUsageEvent } from '@keylease/shared/metering/hide-usage-event'
import type { Lease } from '../leases/lease'
import type { CallSpan } from '../telemetry/span'
import type { Call } from './classify'
import { meterBody } from './metered-body'
import { MeteredResponse } from './metered-response'
import { createRecorder, type RecorderRoom } from './recorder'
import { sendCall } from './send'

/** One sending of a call under one lease: its own number, its own record, whatever becomes of it. */
export interface Attempt {
  response: Response
  /** The answer is not handed on: what it told is recorded as it is. */
  discard(): Promise<void>
  /** The answer for the caller, metered as it is read. */
  deliver(): Response
}

export async function attemptCall(room: RecorderRoom, call: Call, lease: Lease, span: CallSpan): Promise<Attempt> {
  const abort = new AbortController()
  const { outgoing } = call
  const signal = outgoing.signal ? AbortSignal.any([outgoing.signal, abort.signal]) : abort.signal
  const recorder = createRecorder(room, call, lease, span, () => close())
  const close = lease.openCall({ cut: (reason) => abort.abort(reason), leave: () => recorder.end('aborted') })
  try {
    const response = await span.run(() => sendCall(room.config, call, lease, signal, recorder.send))
    const reader = recorder.answer(response)
    return {
      response,
      async discard() {
        recorder.end('complete')
        await response.body?.cancel().catch(() => undefined)
      },
      deliver() {
        if (response.body === null) {
          recorder.end('complete')
          return response
        }
        const { usageOption } = call.found.operation.answer
        const filter = call.asksForUsage && usageOption && isEventStream(response) ? hideUsageEvent(usageOption) : null
        const { firstByte: onFirstByte, end: onEnd } = recorder
        return new MeteredResponse(meterBody(response.body, { reader, filter, signal, onFirstByte, onEnd }), response)
      },
    }
  } catch (error) {
    recorder.end(signal.aborted ? 'aborted' : 'broken', error)
    throw error
  }
}

const isEventStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
