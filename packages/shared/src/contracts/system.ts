import { z } from 'zod'
import { defineEndpoint } from './endpoint'

const shared = {
  tag: 'Service',
  authentication: 'none',
  permission: 'none',
  tenant: 'none',
  audit: 'none',
  request: {},
  errors: [],
} as const

export const Live = z.object({ status: z.literal('live') })

export const Readiness = z.object({
  status: z.enum(['ready', 'not_ready']),
  reason: z.string().nullable().describe('What is missing and what to do about it; null when ready.'),
  checks: z.object({ database: z.boolean(), migrations: z.boolean(), unsealed: z.boolean(), accepting: z.boolean() }),
})
export type Readiness = z.infer<typeof Readiness>

export const getLive = defineEndpoint({
  ...shared,
  id: 'getLive',
  method: 'GET',
  path: '/healthz',
  summary: 'Is the process alive?',
  rateLimit: 'probe',
  response: { status: 200, schema: Live },
  example: { response: { status: 'live' } },
})

export const getReadiness = defineEndpoint({
  ...shared,
  id: 'getReadiness',
  method: 'GET',
  path: '/readyz',
  summary: 'Can it serve?',
  description:
    'Answers 503 with the same body while the database is away, migrations are missing, the service is sealed or it is stopping.',
  rateLimit: 'probe',
  response: {
    status: 200,
    schema: Readiness,
    otherwise: {
      status: 503,
      example: {
        status: 'not_ready',
        reason: 'The database is not reachable. Check that Postgres runs and that DATABASE_URL names it.',
        checks: { database: false, migrations: true, unsealed: true, accepting: true },
      },
    },
  },
  example: {
    response: { status: 'ready', reason: null, checks: { database: true, migrations: true, unsealed: true, accepting: true } },
  },
})

export const getMetrics = defineEndpoint({
  ...shared,
  id: 'getMetrics',
  method: 'GET',
  path: '/metrics',
  summary: 'Metrics for Prometheus',
  description: 'Takes a platform key with read scope of an Owner or Admin, or KEYLEASE_METRICS_TOKEN.',
  authentication: 'metrics',
  permission: 'metrics.read',
  rateLimit: 'read',
  response: { status: 200, contentType: 'text/plain; version=0.0.4; charset=utf-8' },
  example: { response: 'keylease_http_requests_total{method="GET",route="/healthz",status="200"} 1\n' },
})

export const getOpenapi = defineEndpoint({
  ...shared,
  id: 'getOpenapi',
  method: 'GET',
  path: '/api/openapi.json',
  summary: 'This interface as an OpenAPI 3.1 document',
  rateLimit: 'public',
  response: { status: 200, schema: z.looseObject({ openapi: z.string() }) },
  example: { response: { openapi: '3.1.0', info: { title: 'Keylease', version: '0.1.0' } } },
})

export const getReference = defineEndpoint({
  ...shared,
  id: 'getReference',
  method: 'GET',
  path: '/api/docs',
  summary: 'This interface as a page',
  rateLimit: 'public',
  response: { status: 200, contentType: 'text/html; charset=utf-8' },
  example: { response: '<!doctype html>…' },
})

export const getHome = defineEndpoint({
  ...shared,
  id: 'getHome',
  method: 'GET',
  path: '/',
  summary: 'Where a browser begins',
  description: 'Leads to the reference page.',
  rateLimit: 'public',
  response: { status: 302 },
  example: {},
})
