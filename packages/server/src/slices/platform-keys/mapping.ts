import { type PlatformKey, type PlatformKeyUsage, Scope } from '@keylease/shared/contracts/platform-keys'
import type { PlatformKeyRow, UsageRow } from './queries'

const shownDays = 30
const dayMs = 86_400_000

export const toPlatformKey = (row: PlatformKeyRow, now: Date): PlatformKey => ({
  id: row.id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes.map((scope) => Scope.parse(scope)),
  agentId: row.agentId,
  addresses: row.addresses,
  requestsPerMinute: row.requestsPerMinute,
  status: statusOf(row, now),
  createdBy: row.createdBy,
  createdAt: row.createdAt.toISOString(),
  expiresAt: row.expiresAt?.toISOString() ?? null,
  revokedAt: row.revokedAt?.toISOString() ?? null,
  lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  lastUsedAddress: row.lastUsedAddress,
})

function statusOf({ revokedAt, expiresAt }: Pick<PlatformKeyRow, 'revokedAt' | 'expiresAt'>, now: Date): PlatformKey['status'] {
  if (revokedAt) return 'revoked'
  return expiresAt && expiresAt <= now ? 'expired' : 'active'
}

/** The days that are shown, today last. */
export function listShownDays(now: Date): string[] {
  return Array.from({ length: shownDays }, (_, index) => toDay(new Date(now.getTime() - (shownDays - 1 - index) * dayMs)))
}

export function toPlatformKeyUsage(
  key: PlatformKeyRow,
  days: readonly string[],
  rows: readonly UsageRow[],
  totals: Omit<UsageRow, 'day'>,
): PlatformKeyUsage {
  const byDay = new Map(rows.map((row) => [row.day, row]))
  return {
    lastUsedAt: key.lastUsedAt?.toISOString() ?? null,
    lastUsedAddress: key.lastUsedAddress,
    totals,
    days: days.map((day) => byDay.get(day) ?? { day, requests: 0, errors: 0, refusals: 0 }),
  }
}

const toDay = (time: Date) => time.toISOString().slice(0, 10)
