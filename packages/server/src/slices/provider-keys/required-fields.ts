import type { Provider, ProviderField } from '@keylease/shared/providers/provider'
import { AppError } from '../../platform/errors'

/** A key brings what its provider asks of it; else one sentence names the field and the step of the setup that explains it. */
export function requireFields(provider: Provider, brought: Partial<Record<ProviderField, string | null | undefined>>): void {
  const wanted = new Set(provider.baseUrl === null ? [...provider.requiredFields, 'baseUrl' as const] : provider.requiredFields)
  const missing = [...wanted].find((field) => !brought[field])
  if (missing === undefined) return
  const step = provider.setup.findLastIndex((text) => words[missing].test(text))
  const place = step < 0 ? '' : `; see step ${step + 1} of its setup: "${provider.setup[step]?.replace(/\.$/, '')}"`
  throw new AppError('invalid_request', {
    message: `The request is not valid: ${missing} is required for ${provider.name}${place}.`,
    details: { fields: [{ field: missing, problem: `is required for ${provider.name}` }], setupStep: step < 0 ? null : step + 1 },
  })
}

/** How a step of a setup speaks of a field. */
const words: Record<ProviderField, RegExp> = {
  baseUrl: /base url|endpoint|address/i,
  region: /region|location/i,
  deployment: /deployment/i,
  apiVersion: /api version/i,
  upstreamOrganization: /project|organization|account|workspace/i,
}
