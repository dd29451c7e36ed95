import type { EventKind } from '@keylease/shared/contracts/event-kinds'
import type { Tx } from '../../../platform/tenancy'

export interface Notice {
  keyId: string
  kind: Extract<EventKind, 'key.expiring' | 'key.expired' | 'key.aging' | 'key.aged'>
  /** The date that it is about, and how many days before it. */
  about: Date
  days: number
}

interface KeyDate {
  keyId: string
  at: Date
}

/** Keys in use that expire by then. */
export function listExpiringKeys(tx: Tx, by: Date): Promise<KeyDate[]> {
  return tx.$queryRaw<KeyDate[]>`
    SELECT id AS "keyId", expires_at AS at FROM provider_key
    WHERE deleted_at IS NULL AND expires_at <= ${by} AND status = 'active' ORDER BY id`
}

/** Keys in use whose current value is older than that. */
export function listAgingKeys(tx: Tx, than: Date): Promise<KeyDate[]> {
  return tx.$queryRaw<KeyDate[]>`
    SELECT k.id AS "keyId", v.activated_at AS at
    FROM provider_key k JOIN key_version v ON v.organization_id = k.organization_id AND v.key_id = k.id AND v.state = 'current'
    WHERE k.deleted_at IS NULL AND k.status = 'active' AND v.activated_at <= ${than} ORDER BY k.id`
}

/** Keeps those that were not given before, and answers them. */
export async function insertNotices(tx: Tx, organizationId: string, notices: readonly Notice[], now: Date): Promise<Notice[]> {
  if (notices.length === 0) return []
  const column = <K extends keyof Notice>(name: K) => notices.map((notice) => notice[name])
  return tx.$queryRaw<Notice[]>`
    INSERT INTO key_notice (organization_id, key_id, kind, about, days, created_at)
    SELECT ${organizationId}, key_id, kind, about, days, ${now}
    FROM unnest(${column('keyId')}::text[], ${column('kind')}::text[], ${column('about')}::timestamptz[], ${column('days')}::int[])
      AS n (key_id, kind, about, days)
    ON CONFLICT DO NOTHING RETURNING key_id AS "keyId", kind, about, days`
}
