import type { Settings } from '@keylease/shared/contracts/settings'
import type { SettingsRow } from './queries'

export const toSettings = ({ id, updatedAt, ...row }: SettingsRow): Settings => ({
  organizationId: id,
  ...row,
  updatedAt: updatedAt.toISOString(),
})
