import type { Deps } from '../../deps'
import { judgeTraffic } from '../../platform/provider-traffic-state'
import type { Tx } from '../../platform/tenancy'
import type { Status } from './mapping'
import { listStatusRows, type StatusRow } from './status-rows'

/** Without a call for so long, nobody knows. */
const staleMs = 2 * 3_600_000

/** How each provider that was called does, by its id. */
export async function readStatuses(tx: Tx, { clock }: Pick<Deps, 'clock'>): Promise<ReadonlyMap<string, Status>> {
  const now = clock.now()
  return new Map((await listStatusRows(tx, now)).map((row) => [row.provider, toStatus(row, now)]))
}

function toStatus({ status, since, seenAt, latencyMs, ...row }: StatusRow, now: Date): Status {
  const basis = { answered: row.answered, failed: row.failed, unreachable: row.unreachable }
  const statusBasis = { ...basis, latencyMs: basis.answered === 0 ? null : Math.round(latencyMs / basis.answered) }
  const isStale = judgeTraffic(basis) === null && now.getTime() - seenAt.getTime() > staleMs
  return isStale ? { status: 'unknown', statusSince: null, statusBasis } : { status, statusSince: since.toISOString(), statusBasis }
}
