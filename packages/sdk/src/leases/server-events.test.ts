import fc from 'fast-check'
import { expect, it } from 'vitest'
import { ServerEventReader } from './server-events'

const newline = fc.constantFrom('\n', '\r\n', '\r')
const event = fc.record({
  name: fc.constantFrom('state', 'lease.revoked'),
  lines: fc.array(fc.string({ minLength: 1 }).map(toLine), { minLength: 1 }),
})

/** Any text that is one line. */
function toLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, '_')
}

it('the same events come of the same text, in whatever pieces and with whatever line ends it arrives', () => {
  fc.assert(
    fc.property(fc.array(event), newline, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (events, end, sizes) => {
      const text = events
        .map(
          ({ name, lines }) => `: comment${end}id: 1${end}event: ${name}${end}${lines.map((line) => `data: ${line}${end}`).join('')}${end}`,
        )
        .join('')
      const reader = new ServerEventReader()
      const read = []
      for (let rest = text; rest !== ''; ) {
        const size = sizes.next().value
        read.push(...reader.push(rest.slice(0, size)))
        rest = rest.slice(size)
      }
      // A bare CR at the very end may be the first half of CRLF: its event comes with what follows.
      read.push(...reader.push(end === '\r' ? ': more\n' : ''))
      expect(read).toEqual(events.map(({ name, lines }) => ({ name, data: lines.join('\n') })))
    }),
  )
})

it('an event that the stream broke off in is none', () => {
  const reader = new ServerEventReader()
  expect(reader.push('event: state\ndata: {}\n')).toEqual([])
})
