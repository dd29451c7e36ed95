import type { Prisma } from '../../generated/prisma/client'
import type { Tx } from '../../platform/tenancy'

const columns = {
  id: true,
  name: true,
  timeZone: true,
  sessionIdleMinutes: true,
  sessionAbsoluteHours: true,
  auditRetentionDays: true,
  peopleAddresses: true,
  healthCheckMinutes: true,
  maxLeaseSeconds: true,
  trustedCostScopes: true,
  updatedAt: true,
} satisfies Prisma.OrganizationSelect
export type SettingsRow = Prisma.OrganizationGetPayload<{ select: typeof columns }>

export function findSettings(tx: Tx, organizationId: string): Promise<SettingsRow> {
  return tx.organization.findUniqueOrThrow({ where: { id: organizationId }, select: columns })
}

/** The row, locked until the transaction ends: what is changed is what was read. */
export async function lockSettings(tx: Tx, organizationId: string): Promise<SettingsRow> {
  await tx.$queryRaw`SELECT id FROM organization WHERE id = ${organizationId} FOR NO KEY UPDATE`
  return findSettings(tx, organizationId)
}

export function updateSettingsRow(tx: Tx, organizationId: string, data: Prisma.OrganizationUpdateInput): Promise<SettingsRow> {
  return tx.organization.update({ where: { id: organizationId }, data, select: columns })
}
