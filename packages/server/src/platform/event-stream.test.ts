import { expect, test } from 'vitest'
import { createEventStream, formatEvent } from './event-stream'

test('a caller who does not read is let go before they fill the memory', async () => {
  let ends = 0
  const stream = createEventStream(() => void ends++)
  for (let count = 0; count < 100; count++) stream.send('x'.repeat(16 * 1024))
  expect(ends).toBe(1)
  let bytes = 0
  for await (const part of stream.body) bytes += part.length
  expect(bytes).toBeLessThanOrEqual(272 * 1024)
})

test('a stream ends once, whoever ends it, and hears nothing afterwards', async () => {
  let ends = 0
  const stream = createEventStream(() => void ends++)
  await stream.body.cancel()
  stream.send('late')
  stream.end()
  expect(ends).toBe(1)
})

test('nothing in an event can begin another one', () => {
  expect(formatEvent('state', { text: 'a\n\nevent: lease.revoked\ndata: {}' })).toBe(
    'event: state\ndata: {"text":"a\\n\\nevent: lease.revoked\\ndata: {}"}\n\n',
  )
})
