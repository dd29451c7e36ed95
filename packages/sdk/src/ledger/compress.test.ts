import zlib from 'node:zlib'
import { afterEach, expect, test, vi } from 'vitest'
import { compress } from './compress'

const bytes = new TextEncoder().encode('{"keylease":"é"}'.repeat(200))

afterEach(() => vi.unstubAllGlobals())

const runtimes = {
  zlib: process,
  'zlib without zstd': { getBuiltinModule: () => ({ gzip: zlib.gzip }) },
  'the web alone': undefined,
}

test.each([
  ['zlib', 'zstd', zlib.zstdDecompressSync],
  ['zlib without zstd', 'gzip', zlib.gunzipSync],
  ['the web alone', 'gzip', zlib.gunzipSync],
] as const)('where there is %s, a body is %s', async (runtime, encoding, inflate) => {
  vi.stubGlobal('process', runtimes[runtime])
  const { body, headers } = await compress(bytes)
  vi.unstubAllGlobals()
  expect(headers).toEqual({ 'content-encoding': encoding })
  expect(body.byteLength).toBeLessThan(bytes.byteLength / 4)
  expect(inflate(body)).toEqual(Buffer.from(bytes))
})

test('where nothing compresses, it is sent as it is', async () => {
  vi.stubGlobal('process', undefined)
  vi.stubGlobal('CompressionStream', undefined)
  expect(await compress(bytes)).toEqual({ body: bytes, headers: {} })
})
