import type { AnswerEnd } from '@keylease/shared/metering/reading'
import { describe, expect, it } from 'vitest'
import { LinkedAbort } from './linked-abort'
import { MeteredBody } from './metered-body'
import { meterResponse } from './metered-response'

const text = '{"choices":[{"message":{"content":"Zoë"}}]}'
const bytes = new TextEncoder().encode(text)

const toStream = (pieces: readonly Uint8Array[]) =>
  new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(piece)
      controller.close()
    },
  })

/** As a tool that stands in for fetch may make them. */
class OwnResponse extends Response {}

function createAnswer(abort = new AbortController(), pieces = [bytes.slice(0, 38), bytes.slice(38)], Made = Response) {
  const original = new Made(toStream(pieces), { status: 201, headers: { 'x-request-id': 'req_1' } })
  const read: Uint8Array[] = []
  const ends: string[] = []
  const take = (piece: Uint8Array) => void read.push(piece)
  const listener = { firstByte: () => undefined, end: (how: AnswerEnd) => void ends.push(how) }
  const body = new MeteredBody(
    original.body ?? expect.unreachable(),
    { push: take, keep: take },
    null,
    new LinkedAbort(abort.signal),
    listener,
  )
  const answer = meterResponse(original, body)
  return { answer, ends, countRead: () => read.reduce((sum, { length }) => sum + length, 0) }
}

const ways: Record<string, (answer: Response) => Promise<unknown>> = {
  text: (answer) => answer.text(),
  json: async (answer) => JSON.stringify(await answer.json()),
  arrayBuffer: async (answer) => new TextDecoder().decode(await answer.arrayBuffer()),
  blob: async (answer) => (await answer.blob()).text(),
  'a stream': (answer) => new Response(answer.body).text(),
  'a clone': async (answer) => (await Promise.all([answer.clone().text(), answer.text()]))[1],
  'text after a look at its stream': (answer) => (answer.body ? answer.text() : expect.unreachable()),
}

describe('a metered answer', () => {
  it.each(Object.keys(ways))('that is read as %s is whole, was read once, and ends once', async (way) => {
    const { answer, ends, countRead } = createAnswer()
    expect([answer.status, answer.headers.get('x-request-id'), answer.bodyUsed]).toEqual([201, 'req_1', false])
    expect(await ways[way]?.(answer)).toBe(text)
    expect([answer.bodyUsed, answer.body?.locked, ends, countRead()]).toEqual([true, true, ['complete'], bytes.length])
    await expect(answer.text()).rejects.toThrow(TypeError)
    expect(() => answer.clone()).toThrow(TypeError)
  })

  it.each(Object.keys(ways))('of another make that is read as %s is whole, was read once, and ends once', async (way) => {
    const { answer, ends, countRead } = createAnswer(undefined, undefined, OwnResponse)
    expect(await ways[way]?.(answer)).toBe(text)
    expect([answer.status, answer.bodyUsed, ends, countRead()]).toEqual([201, true, ['complete'], bytes.length])
  })

  it('is read past its meter by nobody', async () => {
    const { answer, ends } = createAnswer()
    await expect(Response.prototype.text.call(answer)).rejects.toThrow(TypeError)
    expect([await answer.text(), ends]).toEqual([text, ['complete']])
  })

  it('looks to whoever reads its stream piece by piece as any answer does, before, meanwhile and after', async () => {
    const look = async (answer: Response) => {
      const seen: unknown[] = []
      const see = () => seen.push([answer.body?.locked, answer.bodyUsed])
      see()
      for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) seen.push(piece.length, see())
      see()
      return [...seen, await answer.text().catch((error) => error.name)]
    }
    const { answer, ends } = createAnswer()
    expect(await look(answer)).toEqual(await look(new Response(toStream([bytes.slice(0, 38), bytes.slice(38)]))))
    expect(ends).toEqual(['complete'])
  })

  it('begins with a mark that no reader sees, as any text may', async () => {
    const mark = new Uint8Array([0xef, 0xbb, 0xbf])
    expect(await createAnswer(undefined, [mark, bytes]).answer.text()).toBe(text)
    expect(await createAnswer(undefined, [mark, bytes]).answer.json()).toEqual(JSON.parse(text))
  })

  it('that is no JSON is the error that any answer would throw', async () => {
    await expect(createAnswer(undefined, [new TextEncoder().encode('<html>')]).answer.json()).rejects.toThrow(SyntaxError)
  })

  it('whose caller leaves while it is read whole ends as aborted', async () => {
    const abort = new AbortController()
    const { answer, ends } = createAnswer(abort)
    const pending = answer.text()
    abort.abort()
    await pending
    expect(ends).toEqual(['aborted'])
  })
})
