import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import type { z } from 'zod'
import { takesIdempotencyKey } from './refusals'
import { type JsonSchema, toJsonSchema } from './schemas'

export interface Parameter {
  name: string
  in: 'path' | 'query' | 'header'
  required: boolean
  description?: string
  schema: JsonSchema
  example?: unknown
}

export const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Any text that names this request. For 24 hours a repeat with the same key gets the first answer and changes nothing.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
}

export const stepUpToken: Parameter = {
  name: 'x-keylease-step-up',
  in: 'header',
  required: false,
  description: 'The token of POST /api/v1/step-up for this operation and object, from a person; good once.',
  schema: { type: 'string', minLength: 43, maxLength: 43 },
}

/** Headers of answers, by the name they have on the wire. */
export const headerComponents = {
  'x-request-id': { description: 'Names this request in the log and in the audit trail.', schema: { type: 'string' } },
  'RateLimit-Limit': { description: 'Requests that the bucket of this caller holds.', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Remaining': { description: 'Requests that are left in it.', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Reset': { description: 'Seconds until it is full again.', schema: { type: 'integer', minimum: 0 } },
  'RateLimit-Policy': { description: 'Requests per minute and burst, as in `600;w=60;burst=100`.', schema: { type: 'string' } },
  'Idempotency-Replayed': {
    description: 'Present and true where an Idempotency-Key repeated an earlier answer.',
    schema: { type: 'string', const: 'true' },
  },
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: { type: 'integer', minimum: 0 } },
} as const

const everyAnswer = ['x-request-id', 'RateLimit-Limit', 'RateLimit-Remaining', 'RateLimit-Reset', 'RateLimit-Policy'] as const

export function referToHeaders(status: number, more: readonly (keyof typeof headerComponents)[] = []): Record<string, JsonSchema> {
  const names = status === 429 || status === 503 ? [...everyAnswer, 'Retry-After', ...more] : [...everyAnswer, ...more]
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]))
}

/** What a route takes beside its body. */
export function createParameters(endpoint: Endpoint): (Parameter | { $ref: string })[] {
  const refer = (name: string) => ({ $ref: `#/components/parameters/${name}` })
  return [
    ...listParameters(endpoint),
    ...(takesIdempotencyKey(endpoint) ? [refer('IdempotencyKey')] : []),
    ...(endpoint.stepUp ? [refer('StepUpToken')] : []),
  ]
}

export function listParameters({ request, example }: Endpoint): Parameter[] {
  return [...toParameters('path', request.params, example.params), ...toParameters('query', request.query, example.query)]
}

function toParameters(place: 'path' | 'query', schema: z.ZodType | undefined, examples: Record<string, string> = {}): Parameter[] {
  if (!schema) return []
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input')
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...rest } = typeof property === 'object' ? property : {}
    const example = examples[name]
    return {
      name,
      in: place,
      required: required.includes(name),
      ...(description && { description }),
      schema: rest,
      ...(example !== undefined && { example: isNumeric(rest) ? Number(example) : example }),
    }
  })
}

const isNumeric = (schema: JsonSchema) => schema.type === 'integer' || schema.type === 'number'
