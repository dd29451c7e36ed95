import { describe, expect, it } from 'vitest'
import { ManualClock, settle } from '../../test/manual-clock'
import { readConfig } from '../config'
import { createConnection, type OpenStream } from './connection'
import type { ServerEvent } from './server-events'

interface Opened {
  url: string
  headers: Record<string, string>
  text(chunk: string): void
  end(refusal?: number): void
  isClosed: boolean
}

function createRoom(token: string | (() => string) = 'kl_token') {
  const clock = new ManualClock()
  const opened: Opened[] = []
  const events: ServerEvent[] = []
  let refusals = 0
  const open: OpenStream = (url, headers, on) => {
    const stream = { url, headers, ...on, isClosed: false }
    opened.push(stream)
    const close = () => {
      stream.isClosed = true
      on.end()
    }
    return { close }
  }
  const connection = createConnection(
    readConfig({ url: 'http://127.0.0.1:1/base', token }, clock),
    open,
    (event) => {
      if (event.data === 'bad') throw new TypeError('no such shape')
      events.push(event)
    },
    () => void refusals++,
  )
  return { clock, opened, events, connection, countRefusals: () => refusals, last: () => opened.at(-1) as Opened } // one was opened before it is asked for
}

const say = (data: string) => `event: state\ndata: ${data}\n\n`

describe('the event stream', () => {
  it('is opened once, below the address of the service, with the token', async () => {
    const { connection, opened } = createRoom()
    connection.start()
    connection.start()
    await settle()
    expect(opened).toHaveLength(1)
    expect(opened[0]).toMatchObject({ url: 'http://127.0.0.1:1/base/v1/events', headers: { authorization: 'Bearer kl_token' } })
  })

  it('is opened again with a growing, jittered delay while it ends at once', async () => {
    const { connection, opened, last, clock } = createRoom()
    connection.start()
    await settle()
    for (let failures = 0; failures < 12; failures++) {
      last().text(say('{}'))
      last().end()
      const longest = Math.min(30_000, 500 * 2 ** failures)
      expect(clock.nextInMs).toBeGreaterThanOrEqual(longest / 2)
      expect(clock.nextInMs).toBeLessThanOrEqual(longest)
      await clock.pass(clock.nextInMs)
    }
    expect(opened).toHaveLength(13)
  })

  it('that was steady is opened again at once', async () => {
    const { connection, last, clock } = createRoom()
    connection.start()
    await settle()
    for (let failures = 0; failures < 8; failures++) {
      last().end()
      await clock.pass(clock.nextInMs)
    }
    for (let seconds = 0; seconds < 20; seconds += 10) {
      await clock.pass(10_000)
      last().text(': still here\n\n')
    }
    last().end()
    expect(clock.nextInMs).toBeLessThanOrEqual(500)
  })

  it('that falls silent is closed and opened again; a comment is no silence', async () => {
    const { connection, opened, last, clock } = createRoom()
    connection.start()
    await settle()
    await clock.pass(40_000)
    last().text(': still here\n\n')
    await clock.pass(44_000)
    expect(opened[0]?.isClosed).toBe(false)
    await clock.pass(1_000)
    expect(opened[0]?.isClosed).toBe(true)
    await clock.pass(500)
    expect(opened).toHaveLength(2)
  })

  it.each([
    ['an event of no known shape', say('bad')],
    ['a line without an end', 'x'.repeat(5 * 1024 * 1024)],
  ])('that says %s is opened again, and nothing is thrown', async (_, text) => {
    const { connection, last, clock } = createRoom()
    connection.start()
    await settle()
    last().text(text)
    expect(last().isClosed).toBe(true)
    await clock.pass(500)
    last().text(say('{}'))
    expect(last().isClosed).toBe(false)
  })

  it.each([
    [401, 1],
    [403, 1],
    [429, 0],
    [503, 0],
  ])('that is refused with %i tells so %i times, and is tried again', async (status, times) => {
    const { connection, opened, last, clock, countRefusals } = createRoom()
    connection.start()
    await settle()
    last().end(status)
    expect(countRefusals()).toBe(times)
    await clock.pass(500)
    expect(opened).toHaveLength(2)
  })

  it('whose token cannot be had is tried again', async () => {
    let isAway = true
    const { connection, opened, clock } = createRoom(() => {
      if (isAway) throw new Error('no identity yet')
      return 'kl_token'
    })
    connection.start()
    await settle()
    isAway = false
    await clock.pass(500)
    expect(opened).toHaveLength(1)
  })

  it('that is stopped leaves neither stream nor timer', async () => {
    const { connection, opened, last, clock } = createRoom()
    connection.start()
    await settle()
    connection.stop()
    last().end()
    await clock.pass(60_000)
    expect(opened).toHaveLength(1)
    expect(last().isClosed).toBe(true)
    expect(clock.timers.size).toBe(0)
  })
})
