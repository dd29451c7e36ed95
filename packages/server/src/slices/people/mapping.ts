import type { Passkey } from '@keylease/shared/contracts/factors'
import type { PasskeyRow } from './queries'

export const toPasskey = ({ id, name, deviceType, createdAt }: PasskeyRow): Passkey => ({
  id,
  name,
  deviceType,
  createdAt: createdAt.toISOString(),
})
