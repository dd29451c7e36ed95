import { Lease, LeaseTask } from '@keylease/shared/contracts/lease-bodies'
import type { LeaseRow } from './queries'
import type { TaskRow } from './revoke-rows'

export function toLease(row: LeaseRow): Lease {
  const { organizationId, projectId, agentId, environment, keyId, keyVersionId, grantId } = row
  const names = { organizationId, projectId, agentId, environment, keyId, keyVersionId, grantId }
  const seen = [row.issuedAt, row.renewedAt, row.lastUsedAt].filter((at) => at !== null)
  return Lease.parse({
    id: row.id,
    provider: row.provider,
    delivery: row.delivery,
    status: row.status,
    scope: { ...names, ...Object(row.scope) },
    agentName: row.agentName,
    holder: { kind: row.holderKind, id: row.holderId },
    issuedAt: row.issuedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    lastSeenAt: new Date(Math.max(...seen.map(Number))).toISOString(),
    lastUsedAt: toText(row.lastUsedAt),
    endedAt: toText(row.status === 'active' ? null : (row.endedAt ?? row.revokedAt ?? row.expiresAt)),
    lastSequence: row.lastSequence,
    openedThrough: row.openedThrough,
    openCalls: row.openCalls,
    revocation: toRevocation(row),
  })
}

function toRevocation({ revocationId, revokedAt, inFlight, lastUsedAt, acknowledged, clients }: LeaseRow) {
  return revocationId && { revocationId, revokedAt: toText(revokedAt), inFlight, lastUsedAt: toText(lastUsedAt), acknowledged, clients }
}

export const toLeaseTask = (row: TaskRow): LeaseTask =>
  LeaseTask.parse({ ...row, openedAt: row.openedAt.toISOString(), closedAt: toText(row.closedAt) })

const toText = (at: Date | null) => at?.toISOString() ?? null
