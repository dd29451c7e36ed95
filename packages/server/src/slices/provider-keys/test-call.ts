import { createAnswerReader } from '@keylease/shared/metering/answer-reader'
import type { RequestReading, UsageReading } from '@keylease/shared/metering/reading'
import { createRequestReader } from '@keylease/shared/metering/request-reader'
import type { ErrorClass } from '@keylease/shared/providers/errors'
import { findOperation } from '@keylease/shared/providers/find-operation'
import { hideKeys } from '@keylease/shared/providers/leaks'
import type { Operation } from '@keylease/shared/providers/operation'
import { readJson } from '@keylease/shared/providers/probe'
import type { ProbeAnswer, Provider, TestCall } from '@keylease/shared/providers/provider'
import { fillPath, type UpstreamRequest } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Deps } from '../../deps'
import { AppError } from '../../platform/errors'
import { createEchoTest, dropEchoes } from './echo'
import { type KeyInHand, sendWithKey, toRequest } from './sending'
import { toOutcome } from './traffic'

export interface TestOutcome {
  /** Null where it worked. */
  error: ErrorClass | null
  latencyMs: number
  model: string | null
  /** Null where no answer came, or nothing tells how to read it. */
  answer: ReadAnswer | null
  at: Date
}

interface ReadAnswer {
  status: number
  operation: Operation
  request: RequestReading
  reading: UsageReading
}

const withinMs = 30_000

/** Sends the tiny real call of the provider and tells how it went; the answer itself goes nowhere. */
export async function makeTestCall(
  deps: Pick<Deps, 'outbound' | 'tokens' | 'clock' | 'traffic'>,
  organizationId: string,
  inHand: KeyInHand,
  wanted: string | undefined,
): Promise<TestOutcome> {
  const { provider, value } = inHand
  const call = provider.testCall
  if (!call) throw new AppError('test_unavailable')
  const model = chooseModel(call, provider, wanted)
  if (model !== null && isSecret(model, value)) throw invalidModel('is a key, not the name of a model')
  const path = fillPath(call.path, inHand.target, model)
  if (path === null) throw new AppError('test_unavailable', { message: 'This key lacks what the address of a test call is made of.' })
  const request = toRequest(call.method, path, call.body(model ?? ''))
  const startedMs = deps.clock.monotonicMs()
  const answer = await sendWithKey(deps, inHand, request, { withinMs })
  const latencyMs = Math.round(deps.clock.monotonicMs() - startedMs)
  const outcome = toOutcome(provider, answer)
  if (outcome) deps.traffic.record(organizationId, provider.id, outcome, latencyMs)
  const read = readAnswer(provider, request, answer, createEchoTest(value))
  return { error: findError(provider, answer, read?.reading), latencyMs, model, answer: read, at: deps.clock.now() }
}

const shortestPart = 12

/** Pasted into the wrong field: neither asked of the provider nor kept. */
const isSecret = (model: string, value: Secret) =>
  hideKeys(model) !== model || (model.length >= shortestPart && value.reveal().includes(model))

/** A call of data names no model, and one to a deployment has it in its address. */
function chooseModel({ kind, path, model }: TestCall, { models }: Provider, wanted: string | undefined): string | null {
  if (wanted !== undefined) return wanted
  if (model !== null || kind === 'data' || kind === 'search' || path.includes('{deployment}')) return model
  throw invalidModel(models.length > 0 ? `is required: name one such as ${models[0]}` : 'is required')
}

const invalidModel = (problem: string) =>
  new AppError('invalid_request', {
    message: `The request is not valid: model ${problem}.`,
    details: { fields: [{ field: 'model', problem }] },
  })

function readAnswer(
  provider: Provider,
  request: UpstreamRequest,
  answer: ProbeAnswer,
  isEcho: (text: string) => boolean,
): ReadAnswer | null {
  const [path = ''] = request.path.split('?')
  const found = findOperation(provider, request.method, path)
  if ('failure' in answer || !found) return null
  const { operation, params } = found
  const requestReader = createRequestReader(operation.request, { params, query: {}, headers: request.headers ?? {} })
  requestReader.push(request.body ?? new Uint8Array())
  const { status, headers, body } = answer
  const asked = requestReader.end()
  const reader = createAnswerReader(operation.answer, { status, headers, params, request: asked })
  reader.push(Buffer.from(body))
  return { status, operation, request: asked, reading: dropEchoes(reader.end('complete'), isEcho) }
}

/** A page in place of an answer is no success: the address is another one's. */
function findError(provider: Provider, answer: ProbeAnswer, reading: UsageReading | undefined): ErrorClass | null {
  const error = provider.classifyError(answer)
  if (error !== null || 'failure' in answer) return error ?? 'unreachable'
  if (answer.status >= 300 || readJson(answer.body) === null) return 'bad_request'
  return reading?.error ? 'overloaded' : null
}
