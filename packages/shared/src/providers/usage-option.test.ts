import { expect, test } from 'vitest'
import { askForUsage } from '../metering/ask-for-usage'
import { hideUsageEvent } from '../metering/hide-usage-event'
import { locateOperation, readWireRequest, toAnswerBytes, wireCases } from './fixtures/wire-cases'

const streams = wireCases.flatMap((one) => {
  const option = locateOperation(one).operation.answer.usageOption
  return option && one.wire.answer.events ? [{ ...one, option, events: one.wire.answer.events }] : []
})

const text = (pieces: Uint8Array[]) => pieces.map((piece) => new TextDecoder().decode(piece)).join('')

/** As a reader of the stream sees it, independent of how the option is written. */
function holdsUsageAlone(event: string): boolean {
  const data = /^data: (\{.*\})\s*$/s.exec(event)?.[1]
  if (data === undefined) return false
  try {
    const { choices, usage } = JSON.parse(data)
    return Array.isArray(choices) && choices.length === 0 && usage !== null && usage !== undefined
  } catch {
    return false
  }
}

test.each(streams)('a caller who did not ask never sees the event that came for us, and every other byte: $name', (one) => {
  const filter = hideUsageEvent(one.option)
  const passed = text([...filter.push(toAnswerBytes(one)), ...filter.end()])
  expect(passed).toBe(one.events.filter((event) => !holdsUsageAlone(event)).join(''))
})

test('the streams on record hold such an event, and chunks that look like one', () => {
  const events = streams.flatMap(({ events }) => events)
  expect(events.filter(holdsUsageAlone).length).toBeGreaterThan(5)
  expect(events.some((event) => /"choices":\[\]/.test(event) && !holdsUsageAlone(event))).toBe(true)
  expect(events.some((event) => /"usage":\{/.test(event) && !holdsUsageAlone(event))).toBe(true)
})

const unasked = wireCases.flatMap((one) => {
  const option = locateOperation(one).operation.answer.usageOption
  return option && readWireRequest(one).reading.needsUsageOption ? [{ ...one, option }] : []
})

test.each(unasked)('a stream that would tell nothing is asked, and then needs no asking: $name', (one) => {
  const body = new TextEncoder().encode(JSON.stringify(one.wire.request.body))
  const asked = JSON.parse(text([askForUsage(body, one.option)]))
  const again = { ...one, wire: { ...one.wire, request: { ...one.wire.request, body: asked } } }
  expect(readWireRequest(again).reading.needsUsageOption).toBe(false)
  expect({ ...asked, stream_options: undefined }).toEqual({ ...JSON.parse(text([body])), stream_options: undefined })
})

test.each(streams)('whichever events come together, the same are hidden: $name', (one) => {
  const filter = hideUsageEvent(one.option)
  const pieces = one.events.flatMap((event) => filter.push(new TextEncoder().encode(event)))
  expect(text([...pieces, ...filter.end()])).toBe(one.events.filter((event) => !holdsUsageAlone(event)).join(''))
})
