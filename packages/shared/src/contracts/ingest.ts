import { z } from 'zod'
import { defineEndpoint } from './endpoint'

/** Described here for JSON; the same message is taken as protobuf, and either may be compressed. Unknown fields are left alone. */
export const ExportTraces = z.looseObject({
  resourceSpans: z.array(z.looseObject({})).optional().describe('OTLP ResourceSpans.'),
})

export const ExportTracesAnswer = z.object({
  partialSuccess: z
    .object({ rejectedSpans: z.string().optional(), errorMessage: z.string() })
    .optional()
    .describe('What was not taken and why. Do not send it again.'),
})

export const exportTraces = defineEndpoint({
  id: 'exportTraces',
  tag: 'Telemetry',
  method: 'POST',
  path: '/v1/traces',
  summary: 'Report calls as OpenTelemetry spans',
  description:
    'OTLP/HTTP: application/x-protobuf or application/json, plain, gzip or zstd, at most 64 MiB inflated. Answered after the calls are in the ledger; each counts once, however often it is sent. The answer, errors too, has the content type of the request.',
  authentication: 'credential',
  permission: 'usage.ingest',
  tenant: 'organization',
  audit: 'none',
  unaudited: 'every call is a row of the ledger',
  selfIdempotent: true,
  rateLimit: 'machine',
  request: { body: ExportTraces },
  response: { status: 200, schema: ExportTracesAnswer },
  errors: ['body_too_large', 'unsupported_media_type', 'unavailable'],
  example: { body: { resourceSpans: [] }, response: {} },
})
