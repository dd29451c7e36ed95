import { readdirSync, readFileSync } from 'node:fs'
import { createAnswerReader } from '../../packages/shared/src/metering/answer-reader'
import type { AnswerFacts, UsageReading } from '../../packages/shared/src/metering/reading'
import { createRequestReader } from '../../packages/shared/src/metering/request-reader'
import { type FoundOperation, findOperation } from '../../packages/shared/src/providers/find-operation'
import { findCatalogueProvider } from '../../packages/shared/src/providers/index'
import type { AnswerShape } from '../../packages/shared/src/providers/operation'

/** A recorded answer: the shape that reads it, and its bytes as they came. */
export interface Wire {
  name: string
  shape: AnswerShape
  facts: AnswerFacts
  chunks: readonly Uint8Array[]
  reading: UsageReading
}

interface Fixture {
  request: { method: string; path: string; headers?: Record<string, string>; body?: unknown }
  answer: { status: number; headers: Record<string, string>; body?: unknown; events?: string[]; base64?: string }
}

const folder = new URL('../../packages/shared/src/providers/fixtures/', import.meta.url)

/** Every fixture of every provider but its probes. */
export function loadWires(): Wire[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: provider }) =>
      readdirSync(new URL(`${provider}/`, folder))
        .filter((file) => file !== 'probes.json')
        .map((file) => loadWire(provider, file)),
    )
}

function loadWire(provider: string, file: string): Wire {
  const { request, answer } = JSON.parse(readFileSync(new URL(`${provider}/${file}`, folder), 'utf8')) as Fixture
  const entry = findCatalogueProvider(provider)
  const found = entry && findOperation(entry, request.method, request.path)
  if (!found) throw new Error(`${provider} has no operation ${request.method} ${request.path}.`)
  return toWire(`${provider}/${file.replace('.json', '')}`, found, { request, answer })
}

export function toWire(name: string, { operation, params }: FoundOperation, { request, answer }: Fixture): Wire {
  const query = Object.fromEntries(new URL(request.path, 'https://api.example').searchParams)
  const reader = createRequestReader(operation.request, {
    params,
    query,
    headers: request.headers ?? { 'content-type': 'application/json' },
  })
  if (request.body !== undefined) reader.push(encode(request.body))
  const facts = { status: answer.status, headers: answer.headers, params, request: reader.end() }
  const chunks = toChunks(answer)
  const first = createAnswerReader(operation.answer, facts)
  for (const chunk of chunks) first.push(chunk)
  return { name, shape: operation.answer, facts, chunks, reading: first.end('complete') }
}

function toChunks({ body, events, base64 }: Fixture['answer']): Uint8Array[] {
  if (base64 !== undefined) return [Uint8Array.from(Buffer.from(base64, 'base64'))]
  return (events ?? [body ?? '']).map(encode)
}

const encode = (body: unknown): Uint8Array => new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body))
