import { KeyVersion, Probe, ProviderKey } from '@keylease/shared/contracts/provider-key-bodies'
import { findCatalogueProvider } from '@keylease/shared/providers/index'
import type { Provider } from '@keylease/shared/providers/provider'
import { listOrigins } from '@keylease/shared/providers/request'
import type { ProbeRow } from './probe-rows'
import type { KeyRow, VersionRow } from './queries'
import { helpOf } from './verification'

export function toProviderKey({ versions, ...row }: KeyRow): ProviderKey {
  // A key of a defined provider holds its base URL itself, and goes nowhere else.
  const origins = listOrigins(findCatalogueProvider(row.provider) ?? { baseUrl: null, origins: [] }, row)
  return ProviderKey.parse({ ...toWire(row), origins, preview: versions[0]?.preview ?? '…' })
}

export const toKeyVersion = (row: VersionRow): KeyVersion => KeyVersion.parse(toWire(row))

/** What was said then, with what the provider's help says now. */
export const toProbe = (provider: Provider, row: ProbeRow): Probe => {
  const probe = Probe.parse({ ...toWire(row), help: null })
  return { ...probe, help: helpOf(provider, probe.reason) }
}

/** Times as text; everything else as it is. */
function toWire(row: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]))
}
