import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { ErrorBody } from '@keylease/shared/contracts/values'
import { referToHeaders } from './parameters'
import { groupByStatus, listRefusals, type Refusal, takesIdempotencyKey } from './refusals'
import { referToSchema } from './schemas'

const successes: Record<Endpoint['response']['status'], string> = {
  200: 'Done.',
  201: 'Created.',
  202: 'Accepted.',
  204: 'Done; the answer has no body.',
  302: 'Found elsewhere; the Location header says where.',
}

/** Every status that a route answers with. */
export function createResponses(endpoint: Endpoint): Record<string, object> {
  const refused = groupByStatus(listRefusals(endpoint)).map(([status, refusals]) => [status, toErrorResponse(status, refusals)] as const)
  return Object.fromEntries([
    [endpoint.response.status, toResponse(endpoint, endpoint.response.status, endpoint.example.response)],
    ...refused,
    ...toOtherwise(endpoint),
  ])
}

function toOtherwise(endpoint: Endpoint): [number, object][] {
  const { otherwise } = endpoint.response
  return otherwise ? [[otherwise.status, { ...toResponse(endpoint, otherwise.status, otherwise.example), description: 'Not now.' }]] : []
}

function toResponse(endpoint: Endpoint, status: number, example: unknown): object {
  const { response } = endpoint
  const schema = response.schema ? referToSchema(response.schema, 'output') : { type: 'string' }
  const type = response.contentType ?? 'application/json'
  const hasBody = response.schema !== undefined || response.contentType !== undefined
  return {
    description: successes[response.status],
    headers: referToHeaders(status, takesIdempotencyKey(endpoint) ? ['Idempotency-Replayed'] : []),
    ...(hasBody && { content: { [type]: { schema, example } } }),
  }
}

function toErrorResponse(status: number, refusals: readonly Refusal[]): object {
  const examples = Object.fromEntries(refusals.map(({ code }) => [code, { $ref: `#/components/examples/${code}` }]))
  return {
    description: refusals.map(({ code, message }) => `\`${code}\`: ${message}`).join('\n\n'),
    headers: referToHeaders(status),
    content: { 'application/json': { schema: referToSchema(ErrorBody, 'output'), examples } },
  }
}
