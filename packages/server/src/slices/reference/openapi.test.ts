import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { endpoints, tags } from '@keylease/shared/contracts/registry'
import { requestSchemas, responseSchemas } from '@keylease/shared/contracts/schemas'
import { ErrorBody } from '@keylease/shared/contracts/values'
import { describe, expect, test } from 'vitest'
import { createOpenapi } from './openapi'
import { allRefusals, createErrorExample, listRefusals } from './refusals'

interface Operation {
  operationId: string
  tags: string[]
  parameters?: { name?: string; in?: string; required?: boolean; $ref?: string }[]
  requestBody?: unknown
  responses: Record<string, { description: string; content?: Record<string, { examples?: Record<string, unknown> }>; headers: object }>
  security: object[]
}
interface Document {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, object> }
}

// What a client receives: the JSON text, read again.
const text = JSON.stringify(createOpenapi(endpoints, { version: '1.2.3', url: 'http://127.0.0.1:4500' }))
const document = JSON.parse(text) as Document
const operations = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ path, method, operation })),
)
const operationOf = (endpoint: Endpoint) => document.paths[endpoint.path]?.[endpoint.method.toLowerCase()]

describe('the OpenAPI document', () => {
  test('is version 3.1 and describes every endpoint once', () => {
    expect(document.openapi).toMatch(/^3\.1\./)
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual(endpoints.map(({ id }) => id).sort())
    expect(new Set(endpoints.map(({ id }) => id)).size).toBe(endpoints.length)
  })

  test('holds no reference that leads nowhere', () => {
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map((match) => match[1] ?? '')
    expect(references.length).toBeGreaterThan(10)
    for (const reference of references) expect(resolve(reference), reference).toBeDefined()
  })

  test('declares every parameter of every path, required, and no other', () => {
    for (const { path, operation } of operations) {
      const named = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1])
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(named)
      expect(declared.every(({ required }) => required)).toBe(true)
    }
  })

  test('gives no parameter twice', () => {
    for (const { operation } of operations) {
      const keys = (operation.parameters ?? []).map(({ name, in: place, $ref }) => $ref ?? `${place} ${name}`)
      expect(new Set(keys).size).toBe(keys.length)
    }
  })

  test('puts every operation under a tag that is described', () => {
    for (const { operation } of operations) expect(tags.map(({ name }) => name)).toContain(operation.tags[0])
  })

  test('names every body of a contract as a shared schema', () => {
    const bodies = endpoints.flatMap(({ request }) => request.body ?? [])
    for (const body of bodies) expect(Object.values(requestSchemas)).toContain(body)
    expect(Object.keys(document.components.schemas).sort()).toEqual(
      [...Object.keys(requestSchemas), ...Object.keys(responseSchemas)].sort(),
    )
  })

  test('has a description, the request id and an example for every status', () => {
    for (const { operation } of operations) {
      for (const [status, response] of Object.entries(operation.responses)) {
        expect(response.description, operation.operationId + status).not.toBe('')
        expect(response.headers).toHaveProperty('x-request-id')
        if (status === '429') expect(response.headers).toHaveProperty('Retry-After')
      }
    }
  })

  test('asks for a credential exactly where the contract does', () => {
    for (const endpoint of endpoints) {
      const asked = (operationOf(endpoint)?.security ?? []).length > 0
      expect(asked, endpoint.id).toBe(endpoint.authentication !== 'none')
      expect(listRefusals(endpoint).some(({ code }) => code === 'unauthenticated')).toBe(asked)
    }
  })

  test('offers an idempotency key on every operation that changes something in an organization', () => {
    for (const { method, path, operation } of operations) {
      const offered = (operation.parameters ?? []).some(({ $ref }) => $ref === '#/components/parameters/IdempotencyKey')
      const endpoint = endpoints.find(({ id }) => id === operation.operationId)
      expect(offered, path).toBe(method !== 'get' && endpoint?.tenant === 'organization' && !endpoint.selfIdempotent)
    }
  })

  test('holds no schema that a client would read wrongly', () => {
    expect(text).not.toContain('"$schema"')
    expect(text).not.toContain('"$id"')
    expect(text).not.toContain(String(Number.MAX_SAFE_INTEGER))
  })
})

describe('the examples', () => {
  test.each(endpoints.map((endpoint) => [endpoint.id, endpoint] as const))('of %s parse by the schemas they stand for', (_, endpoint) => {
    const { request, response, example } = endpoint
    for (const part of ['params', 'query', 'body'] as const) {
      expect(example[part] === undefined, `${part} has an example exactly where it has a schema`).toBe(request[part] === undefined)
      if (request[part]) expect(() => request[part]?.parse(example[part])).not.toThrow()
    }
    if (response.schema) expect(response.schema.parse(example.response)).toEqual(example.response)
    if (response.otherwise) expect(response.schema?.parse(response.otherwise.example)).toEqual(response.otherwise.example)
  })

  test.each(allRefusals.map((refusal) => [refusal.code, refusal] as const))(
    'of the error %s has the shape of every error',
    (_, refusal) => {
      expect(ErrorBody.parse(createErrorExample(refusal))).toEqual(createErrorExample(refusal))
    },
  )
})

function resolve(reference: string): unknown {
  return reference
    .slice(2)
    .split('/')
    .reduce<unknown>((node, key) => (typeof node === 'object' && node !== null ? Reflect.get(node, key) : undefined), document)
}
