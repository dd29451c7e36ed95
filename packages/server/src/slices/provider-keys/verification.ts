import type { Verification } from '@keylease/shared/contracts/provider-key-bodies'
import { type ErrorClass, type ErrorHelp, helpFor } from '@keylease/shared/providers/errors'
import type { ProbeReason, ProbeResult, Provider } from '@keylease/shared/providers/provider'

/** What the provider said, and what to do about it. */
export const toVerification = (provider: Provider, result: ProbeResult): Verification => ({
  ...result,
  help: helpOf(provider, result.reason),
})

const classes: Partial<Record<ProbeReason, ErrorClass>> = {
  no_quota: 'no_quota',
  bad_key: 'bad_key',
  forbidden: 'forbidden',
  rate_limited: 'rate_limited',
  provider_error: 'overloaded',
  unexpected_answer: 'bad_request',
  unreachable: 'unreachable',
  timeout: 'unreachable',
}

export function helpOf(provider: Provider, reason: ProbeReason): ErrorHelp | null {
  const error = classes[reason]
  return error ? helpFor(provider, error) : (ownHelp[reason] ?? null)
}

/** Where it is not the provider that stands in the way. */
const ownHelp: Partial<Record<ProbeReason, ErrorHelp>> = {
  url_not_allowed: {
    cause: 'This service does not connect to the address of this key.',
    remedy: 'Store the key with a public https address, or have the operator allow that network.',
    url: null,
  },
  no_probe: {
    cause: 'Nothing is known that would prove a key of this provider.',
    remedy: 'Make a test call, or define a probe for the provider.',
    url: null,
  },
}
