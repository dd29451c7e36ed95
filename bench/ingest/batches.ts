import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { makeFacts, makeLease, makeRecord } from '../../packages/sdk/test/calls'
import { toExportJson } from '../../packages/sdk/test/otlp-json'
import { type ExportBody, toProtobuf } from '../support/otlp-protobuf'
import type { BenchSite, RunningService } from '../support/service'

const spansPerBody = 512
const agents = 20
const models = ['gpt-5-mini', 'gpt-5', 'claude-sonnet-4-5', 'claude-haiku-4-5', 'gemini-2.5-flash']

export interface Holder {
  token: string
  leaseId: string
}

export interface Batch {
  token: string
  body: Buffer
  spans: number
}

export const forms = {
  'JSON, gzip': { type: 'application/json', coding: 'gzip', encode: (json: string) => gzipSync(json, { level: 1 }) },
  'protobuf, gzip (our SDK sends the same with zstd)': {
    type: 'application/x-protobuf',
    coding: 'gzip',
    encode: (json: string) => gzipSync(toProtobuf(JSON.parse(json) as ExportBody), { level: 1 }),
  },
  'protobuf, plain': {
    type: 'application/x-protobuf',
    coding: null,
    encode: (json: string) => toProtobuf(JSON.parse(json) as ExportBody),
  },
} as const
export type Form = (typeof forms)[keyof typeof forms]

export const createHolders = (at: BenchSite, service: RunningService): Promise<Holder[]> =>
  Promise.all(Array.from({ length: agents }, (_, i) => createHolder(at, service, i)))

/** Bodies of calls that nobody told before, in turns for each holder. */
export function createBatches(holders: readonly Holder[], spans: number, form: Form): Batch[] {
  const leases = holders.map(({ leaseId }) => makeLease(leaseId))
  return Array.from({ length: Math.ceil(spans / spansPerBody) }, (_, i) => {
    const holder = holders[i % agents]
    const lease = leases[i % agents]
    if (!holder || !lease) throw new Error('there is no holder')
    const records = Array.from({ length: spansPerBody }, (_, j) => {
      const startedAtMs = Date.now() - 200 - Math.random() * 60_000
      const entry = { lease, sequence: lease.nextSequence(), startedAtMs }
      const facts = makeFacts({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') })
      const record = makeRecord(entry, facts, { endedAtMs: startedAtMs + 20 + Math.random() * 3_000 })
      const model = models[(i + j) % models.length] ?? null
      return {
        ...record,
        reading: { ...record.reading, model, reportedNanos: null, responseId: `chatcmpl-${randomBytes(12).toString('hex')}` },
      }
    })
    return {
      token: holder.token,
      spans: records.length,
      body: form.encode(toExportJson(records, { name: '@keylease/sdk', version: '0.1.0' })),
    }
  })
}

async function createHolder({ token }: BenchSite, { url }: RunningService, i: number): Promise<Holder> {
  const post = async <T>(path: string, body: object, as = token): Promise<T> => {
    const headers = { authorization: `Bearer ${as}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    if (answer.status !== 201) throw new Error(`${path} answered ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as T
  }
  const { id: projectId } = await post<{ id: string }>('/api/v1/projects', { name: `project-${i % 5}` })
  const { id: agentId } = await post<{ id: string }>('/api/v1/agents', { name: `agent-${i}`, projectId })
  const secret = `sk-proj-${randomBytes(36).toString('base64url')}`
  const { id: keyId } = await post<{ id: string }>('/api/admin/api-keys', { provider: 'openai', name: `key-${i}`, key: secret })
  await post('/api/v1/grants', { agentId, keyId })
  const platformKey = { name: 'bot', scopes: ['lease'], agentId }
  const { key } = await post<{ key: string }>('/api/v1/platform/api-keys', platformKey)
  const { id: leaseId } = await post<{ id: string }>('/v1/leases', { provider: 'openai' }, key)
  return { token: key, leaseId }
}
