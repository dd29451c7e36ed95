import { hideUsageEvent } from '@keylease/shared/metering/hide-usage-event'
import { linkAbort } from './linked-abort'
import { meterBody } from './metered-body'
import { meterResponse } from './metered-response'
import { outputCapHeader } from './output-cap'
import { createRecorder, type Recorder, type RecorderRoom, type Sending } from './recorder'
import { sendCall } from './send'

/** One sending of a call under one lease: its own number, its own record, whatever becomes of it. */
export interface Attempt {
  response: Response
  /** The answer is not handed on: what it told is recorded as it is. */
  discard(): Promise<void>
  /** The answer for the caller, metered as it is read. */
  deliver(): Response
}

export async function attemptCall(room: RecorderRoom, sending: Sending): Promise<Attempt> {
  const { call, lease, span } = sending
  const link = linkAbort(call.outgoing.signal)
  const { signal } = link
  const recorder = createRecorder(room, sending, () => close())
  const close = lease.openCall({ cut: link.abort, leave: () => recorder.end('aborted') })
  const end: Recorder['end'] = (how, error) => {
    link.unlink()
    recorder.end(how, error)
  }
  try {
    const response = await span.run(() => sendCall(room.config, call, lease, signal, recorder.send))
    const reader = recorder.answer(response)
    return {
      response,
      async discard() {
        end('complete')
        await response.body?.cancel().catch(() => undefined)
      },
      deliver() {
        if (response.body === null) {
          end('complete')
          return response
        }
        const { usageOption } = call.found.operation.answer
        const filter = call.asksForUsage && usageOption && isEventStream(response) ? hideUsageEvent(usageOption) : null
        const metered = meterBody(response.body, { reader, filter, link, onFirstByte: recorder.firstByte, onEnd: recorder.end })
        return meterResponse(response, metered, call.filledOutputCap === null ? null : [outputCapHeader, String(call.filledOutputCap)])
      },
    }
  } catch (error) {
    end(signal.aborted ? 'aborted' : 'broken', error)
    throw error
  }
}

const isEventStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.toLowerCase().startsWith('text/event-stream') === true
