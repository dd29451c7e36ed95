import { Keylease, KeyleaseError } from '@keylease/sdk'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { aiAnthropic, aiOpenai } from './clients/ai-sdk'
import { anthropic, wrappedAnthropic } from './clients/anthropic'
import { bedrock } from './clients/bedrock'
import type { Calls, ClientCase } from './clients/client-case'
import { cohere } from './clients/cohere'
import { google, vertex } from './clients/google'
import { mistral } from './clients/mistral'
import { azure, groq, openai, wrappedOpenai, xai } from './clients/openai'
import { answer, cut, fail, hang } from './edge'
import { openRoom, openService, type Room, type Service, toServed } from './room'

let service: Service
beforeAll(async () => {
  service = await openService()
})
afterAll(() => service.close())

/** A room for all tests of a client, and a Keylease for each. */
function useClient({ open, provider, basePath, key }: ClientCase) {
  const used = {} as { room: Room; keylease: Keylease; calls: Calls } // filled before each test
  beforeAll(async () => {
    used.room = await openRoom(service, { provider, basePath, ...(key && { key }) })
  })
  afterAll(() => used.room.close())
  beforeEach(() => {
    used.keylease = used.room.connect()
    used.calls = open(used.keylease, used.room.edge.origin)
  })
  afterEach(() => used.keylease.close())
  return used
}

async function readAll(events: AsyncIterable<unknown>): Promise<number> {
  let count = 0
  for await (const _ of events) count++
  return count
}

const catchError = (work: Promise<unknown>): Promise<unknown> => work.then(String, (thrown: unknown) => thrown)
const refused = (message: string) => ({ error: { message, type: 'error', code: 'refused' }, message })

/** The same clients, set up in another way. */
describe.each([wrappedOpenai, wrappedAnthropic, azure, xai, vertex])('$name', (client) => {
  const used = useClient(client)

  test('gets whole answers and streams on the leased key, and the ledger has what the provider served', async () => {
    const { room, calls, keylease } = used
    const { whole, stream } = client.wires
    room.edge.order(answer(whole), answer(stream))
    expect(await calls.ask()).toMatch(/ok/i)
    expect(await readAll(await calls.stream())).toBeGreaterThan(0)
    for (const { headers } of room.edge.heard) expect(JSON.stringify(headers)).toContain(room.holder.secret)
    expect(JSON.stringify(room.edge.heard)).not.toMatch(/sk-of-before|"keylease"/)
    const rows = await room.readLedger(keylease)
    expect(rows).toHaveLength(2)
    expect(rows.find((row) => !row.is_stream)).toMatchObject({ status: 'ok', quality: 'exact', ...toServed(whole) })
    expect(rows.find((row) => row.is_stream)).toMatchObject({ status: 'ok', quality: 'exact', ...toServed(stream) })
  })
})

describe('an access key of AWS', () => {
  const [id, secret] = [`AKIA${'Q7M2X5T9'.repeat(2)}`, 'h7Kp2Wq9'.repeat(5)]
  const used = useClient({ ...bedrock, key: { region: 'us-east-1', key: `${id}:${secret}` } })

  test('signs the request of the client anew, and its secret stays here', async () => {
    const { room, calls } = used
    room.edge.order(answer(bedrock.wires.whole))
    expect(await calls.ask()).toMatch(/ok/i)
    const { headers } = room.edge.heard[0] ?? {}
    expect(headers?.authorization).toMatch(new RegExp(`^AWS4-HMAC-SHA256 Credential=${id}/\\d{8}/us-east-1/bedrock/aws4_request, `))
    expect(JSON.stringify(room.edge.heard)).not.toMatch(new RegExp(`${secret}|keylease`))
  })
})

describe.each([openai, groq, anthropic, google, cohere, mistral, bedrock, aiOpenai, aiAnthropic])('$name', (client) => {
  const { open, wires, leavesBody = false } = client
  const used = useClient(client)

  test('gets a whole answer on the leased key, and the ledger has what the provider served', async () => {
    const { room, keylease, calls } = used
    room.edge.order(answer(wires.whole))
    expect(await calls.ask()).toMatch(/ok/i)
    expect(JSON.stringify(room.edge.heard[0]?.headers)).toContain(room.holder.secret)
    const [row, ...more] = await room.readLedger(keylease)
    expect(row).toMatchObject({ status: 'ok', http_status: 200, quality: 'exact', is_stream: false, ...toServed(wires.whole) })
    expect(row?.request_model).toMatch(/\w/)
    expect(more).toEqual([])
  })

  test('gets a stream to its end, and the ledger has what the provider served', async () => {
    const { room, keylease, calls } = used
    room.edge.order(answer(wires.stream))
    expect(await readAll(await calls.stream())).toBeGreaterThan(0)
    expect(await room.readLedger(keylease)).toMatchObject([{ status: 'ok', quality: 'exact', is_stream: true, ...toServed(wires.stream) }])
  })

  test('gets the call of a tool, and the ledger has what the provider served', async () => {
    const { room, keylease, calls } = used
    room.edge.order(answer(wires.tool))
    expect(await calls.askForTool()).toMatch(/^(get_weather|f)$/)
    expect(await room.readLedger(keylease)).toMatchObject([{ status: 'ok', quality: 'exact', ...toServed(wires.tool) }])
  })

  test('aborts a stream: the provider is left at once, and the call is recorded once as aborted', async () => {
    const { room, keylease, calls } = used
    room.edge.order(hang(wires.stream))
    const abort = new AbortController()
    // Some clients end the loop, others throw: neither is ours to change.
    await catchError(
      calls.stream(abort.signal).then(async (events) => {
        for await (const _ of events) abort.abort()
      }),
    )
    await room.edge.heard[0]?.closed
    expect(await room.readLedger(keylease)).toMatchObject([{ status: 'aborted', is_stream: true }])
  })

  test('leaves a stream early, and the call is recorded once as aborted', async () => {
    const { room, keylease, calls } = used
    room.edge.order(hang(wires.stream))
    for await (const _ of await calls.stream()) break
    await (leavesBody ? keylease.close() : room.edge.heard[0]?.closed)
    expect(await room.readLedger(keylease)).toMatchObject([{ status: 'aborted', is_stream: true }])
  })

  test('is tried once more with another lease after a 401, and each attempt is recorded', async () => {
    const { room, keylease, calls } = used
    room.edge.order(fail(401, refused('Incorrect API key provided.')), answer(wires.whole))
    expect(await calls.ask()).toMatch(/ok/i)
    expect(await room.readLedger(keylease)).toMatchObject([
      { status: 'error', http_status: 401 },
      { status: 'ok', http_status: 200, ...toServed(wires.whole) },
    ])
  })

  test.each([401, 429, 503])('throws the error of the provider after a %i that stays, and each attempt is recorded', async (status) => {
    const { room, keylease, calls } = used
    room.edge.order(...Array(2).fill(fail(status, refused('No.'))))
    const error = await catchError(calls.ask())
    expect(calls.readStatus(error), String(error)).toBe(status)
    expect(KeyleaseError.from(error)).toBeNull()
    const rows = await room.readLedger(keylease)
    expect(rows).toHaveLength(room.edge.heard.length)
    for (const row of rows) expect(row).toMatchObject({ status: 'error', http_status: status })
  })

  test('a stream that breaks in the middle is recorded once as broken', async () => {
    const { room, keylease, calls } = used
    room.edge.order(cut(wires.stream))
    await catchError(calls.stream().then(readAll))
    expect(await room.readLedger(keylease)).toMatchObject([{ status: 'error', http_status: 200, is_stream: true }])
  })

  test('reads a refusal of ours as an error of its own, and KeyleaseError gives it back', async () => {
    await using stranger = new Keylease({ url: service.url, token: `kl_live_${'x'.repeat(43)}` })
    const error = await catchError(open(stranger, used.room.edge.origin).ask())
    expect(KeyleaseError.from(error), String(error)).toMatchObject({ code: 'unauthenticated', retryable: false })
    expect(used.room.edge.heard).toEqual([])
  })

  describe('with two keys', () => {
    let spare: string
    beforeAll(async () => {
      spare = await used.room.addKey()
    })

    test.each([429, 503])('goes on with the other at once after a %i', async (status) => {
      const { room, keylease, calls } = used
      room.edge.order(fail(status, refused('Not now.')), answer(wires.whole))
      expect(await calls.ask()).toMatch(/ok/i)
      const [first, second] = room.edge.heard.map(({ headers }) => JSON.stringify(headers).includes(spare))
      expect(first).not.toBe(second)
      expect(await room.readLedger(keylease)).toMatchObject([
        { status: 'error', http_status: status },
        { status: 'ok', http_status: 200 },
      ])
    })
  })
})
