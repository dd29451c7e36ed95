import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { AnswerEnd } from '@keylease/shared/metering/reading'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testSize } from '../../../shared/test/size'
import { LinkedAbort } from './linked-abort'
import { MeteredBody } from './metered-body'

const bytes = (text: string) => new TextEncoder().encode(text)

/** A provider's body by hand: pulled as a network is, one piece at a time. */
function createSource() {
  let controller: ReadableStreamDefaultController<Uint8Array> | null = null
  const source = { pulls: 0, cancelled: null as unknown }
  const body = new ReadableStream<Uint8Array>(
    {
      start(given) {
        controller = given
      },
      pull: () => void source.pulls++,
      cancel(reason) {
        controller = null
        source.cancelled = reason ?? 'cancelled'
      },
    },
    { highWaterMark: 0 },
  )
  const act = (what: (given: ReadableStreamDefaultController<Uint8Array>) => void) => {
    if (controller) what(controller)
  }
  return {
    body,
    source,
    push: (text: string) => act((given) => given.enqueue(bytes(text))),
    close: () =>
      act((given) => {
        controller = null
        given.close()
      }),
    fail: (error: unknown) =>
      act((given) => {
        controller = null
        given.error(error)
      }),
  }
}

function meter(body: ReadableStream<Uint8Array>) {
  const abort = new AbortController()
  const read: string[] = []
  const ends: { how: AnswerEnd; error: unknown }[] = []
  let firstBytes = 0
  const take = (chunk: Uint8Array) => void read.push(new TextDecoder().decode(chunk))
  const metered = new MeteredBody(body, { push: take, keep: take }, null, new LinkedAbort(abort.signal), {
    firstByte: () => void firstBytes++,
    end: (how, error) => void ends.push({ how, error }),
  })
  return { stream: metered.openStream(), abort, read, ends, countFirstBytes: () => firstBytes }
}

type Step = 'read' | 'push' | 'close' | 'fail' | 'abort' | 'cancel' | 'turn'
const step = fc.constantFrom<Step>('read', 'read', 'push', 'push', 'close', 'fail', 'abort', 'cancel', 'turn')

describe('whatever comes in whatever order', () => {
  it('the record ends once, in the way that came first, and no byte is lost or made up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { body, push, close, fail } = createSource()
        const { stream, abort, read, ends, countFirstBytes } = meter(body)
        const reader = stream.getReader()
        const got: string[] = []
        const sent: string[] = []
        const waiting: Promise<unknown>[] = []
        let isClosed = false
        const acts: Record<Step, () => unknown> = {
          read: () =>
            waiting.push(
              reader.read().then(
                ({ value }) => value && got.push(new TextDecoder().decode(value)),
                () => undefined,
              ),
            ),
          push: () => !isClosed && push(sent[sent.push(`${sent.length};`) - 1] ?? ''),
          close() {
            isClosed = true
            close()
          },
          fail() {
            isClosed = true
            fail(new Error('reset'))
          },
          abort() {
            isClosed = true
            abort.abort(new Error('left'))
            fail(new Error('left')) // as fetch does with its body
          },
          cancel: () => waiting.push(reader.cancel('enough').catch(() => undefined)),
          turn: () => new Promise((resolve) => setImmediate(resolve)),
        }
        for (const one of steps) await (one === 'turn' ? acts.turn() : acts[one]())
        await reader.cancel().catch(() => undefined)
        await Promise.all(waiting)
        expect(ends).toHaveLength(1)
        const how = ends[0]?.how
        if (how === 'complete') expect([got, read]).toEqual([sent, sent])
        if (!steps.includes('fail')) expect(how).not.toBe('broken')
        for (const some of [got, read]) expect(sent.slice(0, some.length)).toEqual(some)
        expect(countFirstBytes()).toBeLessThanOrEqual(1)
        expect(countFirstBytes()).toBeGreaterThanOrEqual(Math.min(1, got.length))
      }),
      { numRuns: testSize(300, 20_000) },
    )
  })
})

describe('the body', () => {
  it('takes nothing from the provider that its caller did not ask for', async () => {
    const { body, source, push } = createSource()
    const { stream } = meter(body)
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.pulls).toBe(0)
    const reader = stream.getReader()
    const first = reader.read()
    push('one')
    await first
    await new Promise((resolve) => setImmediate(resolve))
    expect(source.pulls).toBe(1)
  })

  it('that is left early leaves the provider at once, with the reason', async () => {
    const { body, source, push } = createSource()
    const { stream, ends } = meter(body)
    for await (const _ of readOne(stream, () => push('one'))) break
    expect(source.cancelled).not.toBeNull()
    expect(ends).toMatchObject([{ how: 'aborted' }])
  })

  it('that stalls ends with its caller’s abort', async () => {
    const { body, push } = createSource()
    const { stream, abort, ends } = meter(body)
    const reader = stream.getReader()
    const first = reader.read()
    push('one')
    await first
    void reader.read().catch(() => undefined)
    expect(ends).toEqual([])
    abort.abort(new Error('late'))
    expect(ends).toMatchObject([{ how: 'aborted', error: { message: 'late' } }])
  })

  it('that breaks off gives its caller the same error', async () => {
    const { body, fail } = createSource()
    const { stream, ends } = meter(body)
    const reset = new Error('reset')
    const read = stream.getReader().read()
    fail(reset)
    await expect(read).rejects.toBe(reset)
    expect(ends).toEqual([{ how: 'broken', error: reset }])
  })

  it('of a signal that has fired before ends at once', () => {
    const { body } = createSource()
    const ends: AnswerEnd[] = []
    const reader = { push: () => undefined, keep: () => undefined }
    new MeteredBody(body, reader, null, new LinkedAbort(AbortSignal.abort()), {
      firstByte: () => undefined,
      end: (how) => void ends.push(how),
    })
    expect(ends).toEqual(['aborted'])
  })

  it('that its caller forgets unread ends too, and leaves the provider', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const { body, source } = createSource()
    const { ends } = dropStream(body)
    await expect
      .poll(() => {
        collect()
        return ends
      })
      .toMatchObject([{ how: 'aborted' }])
    expect(source.cancelled).not.toBeNull()
  })
})

/** Nothing of the stream outlives this call. */
function dropStream(body: ReadableStream<Uint8Array>) {
  const { ends } = meter(body)
  return { ends }
}

async function* readOne(stream: ReadableStream<Uint8Array>, before: () => void) {
  const reader = stream.getReader()
  try {
    const next = reader.read()
    before()
    yield (await next).value
  } finally {
    await reader.cancel('enough')
  }
}
