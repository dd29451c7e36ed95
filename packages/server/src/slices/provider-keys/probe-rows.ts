import type { ProbeResult } from '@keylease/shared/providers/provider'
import type { Tx } from '../../platform/tenancy'

export interface ProbeRow {
  id: string
  keyId: string
  versionId: string
  valid: boolean | null
  verdict: string
  reason: string
  details: unknown
  latencyMs: number
  createdAt: Date
}

export interface NewProbe {
  organizationId: string
  id: string
  keyId: string
  versionId: string
  result: ProbeResult
  latencyMs: number
  createdBy: string
  now: Date
}

const columns = {
  id: true,
  keyId: true,
  versionId: true,
  valid: true,
  verdict: true,
  reason: true,
  details: true,
  latencyMs: true,
  createdAt: true,
} as const

export function insertProbe(tx: Tx, { now, result, ...probe }: NewProbe): Promise<ProbeRow> {
  return tx.probe.create({ data: { ...probe, ...result, createdAt: now }, select: columns })
}

export function listProbeRows(tx: Tx, keyId: string, page: { after: string | null; take: number }): Promise<ProbeRow[]> {
  const older = page.after === null ? {} : { id: { lt: page.after } }
  return tx.probe.findMany({ where: { keyId, ...older }, orderBy: { id: 'desc' }, take: page.take, select: columns })
}

export function countProbeRows(tx: Tx, keyId: string, maximum: number): Promise<number> {
  return tx.probe.count({ where: { keyId }, take: maximum })
}
