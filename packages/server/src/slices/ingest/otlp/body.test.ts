import { randomBytes } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { readOtlpBody } from './body'

const limits = { maximumBytes: 8 * 1024 * 1024, arrivalMs: 30_000, onGrowth: () => undefined }
const receive = (body: Buffer, coding: string) =>
  readOtlpBody(
    new Request('http://127.0.0.1', { method: 'POST', body: new Uint8Array(body), headers: { 'content-encoding': coding } }),
    limits,
  )

test('bodies of every size that inflate at the same time are each what was sent, and the memory of others stays theirs', async () => {
  const sizes = [0, 1, 900, 16_384, 40_000, 65_536, 262_144, 262_145, 3_000_000]
  const sent = [...sizes, ...sizes].map((size) =>
    Buffer.from(
      randomBytes(Math.ceil(size / 2))
        .toString('hex')
        .slice(0, size),
    ),
  )
  const others: Buffer[] = []
  for (let times = 0; times < 3; times++) {
    others.push(Buffer.from(`kept ${times}`))
    const received = await Promise.all([
      ...sent.map((body) => receive(gzipSync(body, { level: 1 }), 'gzip')),
      ...sent.map((body) => receive(zstdCompressSync(body), 'zstd')),
    ])
    expect(received.every((body, i) => sent[i % sent.length]?.equals(body))).toBe(true)
  }
  expect(others.map(String)).toEqual(['kept 0', 'kept 1', 'kept 2'])
})
