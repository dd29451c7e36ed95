import { gunzipSync } from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { gzip } from './gzip'

const text = '{"keylease":"é"}'.repeat(200)

afterEach(() => vi.unstubAllGlobals())

test('a body is gzip by zlib, and by the web’s own stream where there is no zlib', async () => {
  for (const runtime of [process, undefined]) {
    vi.stubGlobal('process', runtime)
    const { body, headers } = await gzip(text)
    vi.unstubAllGlobals()
    expect(headers).toEqual({ 'content-encoding': 'gzip' })
    expect(gunzipSync(body).toString()).toBe(text)
  }
})

test('where nothing compresses, it is sent as it is', async () => {
  vi.stubGlobal('process', undefined)
  vi.stubGlobal('CompressionStream', undefined)
  expect(await gzip(text)).toEqual({ body: text, headers: {} })
})
