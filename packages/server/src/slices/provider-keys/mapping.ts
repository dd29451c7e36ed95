import { KeyVersion, Probe, ProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import type { ProbeRow } from './probe-rows'
import type { KeyRow, VersionRow } from './queries'

export function toProviderKey({ versions, ...row }: KeyRow): ProviderKey {
  return ProviderKey.parse({ ...toWire(row), preview: versions[0]?.preview ?? '…' })
}

export const toKeyVersion = (row: VersionRow): KeyVersion => KeyVersion.parse(toWire(row))

export const toProbe = (row: ProbeRow): Probe => Probe.parse(toWire(row))

/** Times as text; everything else as it is. */
function toWire(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]))
}
