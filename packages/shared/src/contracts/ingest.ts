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

/** The same for log records: what coding agents tell of their calls. */
export const ExportLogs = z.looseObject({
  resourceLogs: z.array(z.looseObject({})).optional().describe('OTLP ResourceLogs.'),
})

export const ExportLogsAnswer = z.object({
  partialSuccess: z
    .object({ rejectedLogRecords: z.string().optional(), errorMessage: z.string() })
    .optional()
    .describe('What was not taken and why. Do not send it again.'),
})

export const ExportMetrics = z.looseObject({
  resourceMetrics: z.array(z.looseObject({})).optional().describe('OTLP ResourceMetrics.'),
})

export const ExportMetricsAnswer = z.object({
  partialSuccess: z.object({ rejectedDataPoints: z.string().optional(), errorMessage: z.string() }).optional(),
})

const transport =
  'OTLP/HTTP: application/x-protobuf or application/json, plain, gzip or zstd, at most 64 MiB inflated. The answer, errors too, has the content type of the request.'

/** What the three signals have in common. */
const receiver = {
  tag: 'Telemetry',
  method: 'POST',
  authentication: 'credential',
  permission: 'usage.ingest',
  tenant: 'organization',
  audit: 'none',
  unaudited: 'every call is a row of the ledger',
  selfIdempotent: true,
  rateLimit: 'machine',
  errors: ['body_too_large', 'unsupported_media_type', 'overloaded', 'unavailable'],
} as const

export const exportTraces = defineEndpoint({
  ...receiver,
  id: 'exportTraces',
  path: '/v1/traces',
  summary: 'Report calls as OpenTelemetry spans',
  description: `${transport} Answered after the calls are in the ledger; each counts once, however often it is sent.`,
  request: { body: ExportTraces },
  response: { status: 200, schema: ExportTracesAnswer },
  example: { body: { resourceSpans: [] }, response: {} },
})

export const exportLogs = defineEndpoint({
  ...receiver,
  id: 'exportLogs',
  path: '/v1/logs',
  summary: 'Report calls as OpenTelemetry log records',
  description: `${transport} For senders that tell of calls in events, such as coding agents; other records are taken and dropped. Answered after the calls are in the ledger.`,
  request: { body: ExportLogs },
  response: { status: 200, schema: ExportLogsAnswer },
  example: { body: { resourceLogs: [] }, response: {} },
})

export const exportMetrics = defineEndpoint({
  ...receiver,
  id: 'exportMetrics',
  path: '/v1/metrics',
  summary: 'Take OpenTelemetry metrics',
  description: `${transport} Data points are counted and never billed: what they sum up arrives as spans or log records too.`,
  request: { body: ExportMetrics },
  response: { status: 200, schema: ExportMetricsAnswer },
  example: { body: { resourceMetrics: [] }, response: {} },
})
