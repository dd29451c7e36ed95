import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { tags } from '@keylease/shared/contracts/registry'
import { describeAccess } from './access'
import { createParameters, headerComponents, idempotencyKey, stepUpToken } from './parameters'
import { allRefusals, createErrorExample } from './refusals'
import { createResponses } from './responses'
import { createSchemaComponents, referToSchema } from './schemas'

export interface OpenapiOptions {
  version: string
  url: string
}

/** The contracts as an OpenAPI 3.1 document. */
export function createOpenapi(endpoints: readonly Endpoint[], options: OpenapiOptions): object {
  const used = new Set(endpoints.map((endpoint) => endpoint.tag))
  return {
    openapi: '3.1.0',
    info: {
      title: 'Keylease',
      version: options.version,
      summary: 'Short-lived, scoped leases on provider keys instead of the keys themselves.',
      description:
        'Bodies are JSON in camelCase, times RFC 3339 in UTC, and every field that ends in Nanos a decimal string of nano-dollars. ' +
        'Every error has the body ErrorBody, and its code names one line of one table.',
      license: { name: 'Apache 2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: options.url }],
    tags: tags.filter((tag) => used.has(tag.name)),
    paths: createPaths(endpoints),
    components: {
      schemas: createSchemaComponents(),
      parameters: { IdempotencyKey: idempotencyKey, StepUpToken: stepUpToken },
      headers: headerComponents,
      examples: Object.fromEntries(
        allRefusals.map((refusal) => [refusal.code, { summary: refusal.message, value: createErrorExample(refusal) }]),
      ),
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: 'A platform key, the identity token of a workload that a trust rule lets in, or KEYLEASE_BOOTSTRAP_TOKEN.',
        },
        session: { type: 'apiKey', in: 'cookie', name: '__Host-keylease.session_token', description: 'The session of a signed-in person.' },
        metricsToken: { type: 'http', scheme: 'bearer', description: 'KEYLEASE_METRICS_TOKEN, good for the metrics alone.' },
      },
    },
  }
}

function createPaths(endpoints: readonly Endpoint[]): Record<string, Record<string, object>> {
  const paths: Record<string, Record<string, object>> = {}
  for (const endpoint of endpoints)
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: createOperation(endpoint) }
  return paths
}

function createOperation(endpoint: Endpoint): object {
  const parameters = createParameters(endpoint)
  const access = describeAccess(endpoint)
  return {
    operationId: endpoint.id,
    tags: [endpoint.tag],
    summary: endpoint.summary,
    description: [endpoint.description, access.sentence].filter(Boolean).join('\n\n'),
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.request.body && { requestBody: createRequestBody(endpoint.request.body, endpoint.example.body) }),
    responses: createResponses(endpoint),
    security: access.security,
    ...(access.permission && { 'x-keylease-permission': access.permission }),
    ...(endpoint.audit !== 'none' && { 'x-keylease-audit': endpoint.audit }),
  }
}

function createRequestBody(schema: NonNullable<Endpoint['request']['body']>, example: unknown): object {
  return { required: true, content: { 'application/json': { schema: referToSchema(schema, 'input'), example } } }
}
