import { z } from 'zod'
import { defineEndpoint } from './endpoint'
import { Id, ListQuery, listOf, Text, Timestamp } from './values'

const Count = z.number().int().min(0).max(2_147_483_647)
const Hash = z.string().regex(/^[0-9a-f]{64}$/)
const Named = z.object({ kind: z.string(), id: z.string() })

export const AuditRecord = z.object({
  id: z.string().describe('An audit entry begins with aud_, a security event with sec_.'),
  kind: z.enum(['audit', 'security']),
  occurredAt: Timestamp,
  lastAt: Timestamp.describe('When it happened last: a security event counts its repetitions within one minute.'),
  count: Count.min(1),
  actor: Named.extend({ name: z.string() }).nullable(),
  action: z.string(),
  resource: Named.nullable(),
  requestId: z.string(),
  before: z.unknown().describe('What was there, as its own route showed it; null where nothing was.'),
  after: z.unknown().describe('What is there now; null where nothing is left.'),
  detail: z.record(z.string(), z.union([z.string(), z.number()])),
  address: z.string().nullable().describe('Null once it was erased.'),
  userAgent: z.string().nullable().describe('Null once it was erased.'),
})
export type AuditRecord = z.infer<typeof AuditRecord>

export const AuditPage = listOf(AuditRecord)
export type AuditPage = z.infer<typeof AuditPage>

export const AuditCheckpoint = z.object({
  organizationId: z.string(),
  number: Count.min(1),
  size: Count.min(1).describe('How many entries the tree holds.'),
  root: Hash.describe('Root of the Merkle tree (RFC 6962, SHA-256) over the leaves of this checkpoint.'),
  previousRoot: Hash.describe('Root of the checkpoint before; 64 zeros for the first.'),
  createdAt: Timestamp,
  keyVersion: Count,
  publicKey: Hash.describe('The Ed25519 key that signed it.'),
  signature: z.string(),
})
export type AuditCheckpoint = z.infer<typeof AuditCheckpoint>

export const AuditCheckpointPage = listOf(AuditCheckpoint)
export type AuditCheckpointPage = z.infer<typeof AuditCheckpointPage>

export const ProvenAuditRecord = AuditRecord.extend({
  commitments: z.object({ address: Hash, userAgent: Hash }).describe('HMAC-SHA-256 of address and user agent under a salt of this entry.'),
  proof: z
    .object({
      checkpoint: AuditCheckpoint,
      index: Count,
      digest: Hash.describe('SHA-256 of the entry as canonical JSON.'),
      path: z.array(Hash).describe('The hashes beside the way from the leaf to the root.'),
    })
    .nullable()
    .describe('Null until the entry has its checkpoint, a second after it was written.'),
})
export type ProvenAuditRecord = z.infer<typeof ProvenAuditRecord>

const range = {
  from: Timestamp.optional().describe('Only what happened at or after this moment.'),
  to: Timestamp.optional().describe('Only what happened before this moment.'),
}

export const ListAuditRecords = ListQuery.extend({
  ...range,
  kind: z.enum(['audit', 'security', 'all']).default('all'),
  actor: Text(200).optional().describe('Id of who did it.'),
  action: Text(80).optional().describe('An action such as project.created, or a security event such as permission_denied.'),
  resourceKind: Text(60).optional(),
  resourceId: Text(200).optional(),
  text: Text(120).optional().describe('Only records that hold this text in a name, an id, or what was before and after.'),
})
export type ListAuditRecords = z.infer<typeof ListAuditRecords>

export const ExportAudit = z.strictObject({ format: z.enum(['csv', 'json']).default('json'), ...range })
export type ExportAudit = z.infer<typeof ExportAudit>

const AuditParams = z.strictObject({ entryId: Id('auditEntry') })

const record: AuditRecord = {
  id: 'aud_01jd2f8m3n6q9rkvwxyz012345',
  kind: 'audit',
  occurredAt: '2026-11-21T10:00:00.000Z',
  lastAt: '2026-11-21T10:00:00.000Z',
  count: 1,
  actor: { kind: 'person', id: 'mem_01jd2f8m3n6q9rkvwxyz012345', name: 'Ada Lovelace' },
  action: 'project.deleted',
  resource: { kind: 'project', id: 'prj_01jd2f8m3n6q9rkvwxyz012345' },
  requestId: 'req_01jd2f8m3n6q9rkvwxyz012345',
  before: { id: 'prj_01jd2f8m3n6q9rkvwxyz012345', name: 'checkout' },
  after: null,
  detail: {},
  address: '192.0.2.7',
  userAgent: 'Mozilla/5.0',
}

const checkpoint: AuditCheckpoint = {
  organizationId: 'org_01jd2f8m3n6q9rkvwxyz012345',
  number: 12,
  size: 1,
  root: '5f1d7a84db00d2fce00b31a7fc73224f5f1d7a84db00d2fce00b31a7fc73224f',
  previousRoot: '9c56cc51b374c3ba189210d5b6d4bf57790d351c96c47c02190ecf1e430635ab',
  createdAt: '2026-11-21T10:00:01.000Z',
  keyVersion: 1,
  publicKey: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  signature:
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
}

const digest = '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a'

const shared = {
  tag: 'Audit',
  authentication: 'credential',
  tenant: 'organization',
  method: 'GET',
  permission: 'audit.read',
  audit: 'none',
  rateLimit: 'read',
} as const

export const listAuditRecords = defineEndpoint({
  ...shared,
  id: 'listAuditRecords',
  path: '/api/v1/audit',
  summary: 'Search the audit trail and security events',
  description: 'Newest first. The trail holds every change; security events hold what may need a second look, counted per minute.',
  request: { query: ListAuditRecords },
  response: { status: 200, schema: AuditPage },
  errors: ['invalid_cursor'],
  example: { query: { kind: 'audit', limit: '20' }, response: { items: [record], nextCursor: null, total: 1 } },
})

export const exportAudit = defineEndpoint({
  ...shared,
  id: 'exportAudit',
  path: '/api/v1/audit/export',
  summary: 'Export the audit trail with its proofs',
  description:
    'Streams whole checkpoints, oldest first, so that `keylease audit verify FILE` proves the file without the service. ' +
    '`json` is one JSON object a line (application/x-ndjson); `csv` is a table (text/csv) whose last column holds the proofs, and in ' +
    'which an apostrophe stands before text that a spreadsheet would run. The last line signs every byte before it. A person confirms ' +
    'a fresh factor first.',
  permission: 'audit.export',
  audit: 'audit.exported',
  rateLimit: 'write',
  stepUp: true,
  request: { query: ExportAudit },
  response: { status: 200, contentType: 'application/x-ndjson' },
  errors: [],
  example: { query: { format: 'json' }, response: '{"type":"export","format":"keylease-audit-1",…}\n' },
})

export const listAuditCheckpoints = defineEndpoint({
  ...shared,
  id: 'listAuditCheckpoints',
  path: '/api/v1/audit/checkpoints',
  summary: 'List signed roots',
  description: 'Newest first, with the public keys that signed them. Each root is chained to the one before.',
  request: { query: ListQuery },
  response: { status: 200, schema: AuditCheckpointPage },
  errors: ['invalid_cursor'],
  example: { query: { limit: '20' }, response: { items: [checkpoint], nextCursor: null, total: 1 } },
})

export const getAuditEntry = defineEndpoint({
  ...shared,
  id: 'getAuditEntry',
  path: '/api/v1/audit/{entryId}',
  summary: 'Get an audit entry with its proof',
  request: { params: AuditParams },
  response: { status: 200, schema: ProvenAuditRecord },
  errors: ['not_found'],
  example: {
    params: { entryId: record.id },
    response: {
      ...record,
      commitments: { address: digest, userAgent: digest },
      proof: { checkpoint, index: 0, digest, path: [] },
    },
  },
})
