import type { ProbeAnswer } from './provider'

/** What a provider's error means for the caller, whatever its words. */
export const errorClasses = ['bad_key', 'forbidden', 'no_quota', 'rate_limited', 'overloaded', 'bad_request', 'unreachable'] as const
export type ErrorClass = (typeof errorClasses)[number]

export interface ErrorHelp {
  cause: string
  remedy: string
  /** Where the provider lets a person mend it. */
  url: string | null
}

const commonHelp: Record<ErrorClass, ErrorHelp> = {
  bad_key: {
    cause: 'The provider does not know this key: it was mistyped, deleted or expired.',
    remedy: 'Create a new key at the provider and rotate to it.',
    url: null,
  },
  forbidden: {
    cause: 'The provider knows the caller and refuses this action, address or region.',
    remedy: 'Give the key the permission at the provider, or allow this address there.',
    url: null,
  },
  no_quota: {
    cause: 'The account behind this key has no credit or has met its own limit.',
    remedy: 'Add credit or raise the limit at the provider.',
    url: null,
  },
  rate_limited: {
    cause: 'The provider counts too many requests or tokens for this key.',
    remedy: 'Wait as long as it says, spread the load over more keys, or ask it for a higher limit.',
    url: null,
  },
  overloaded: {
    cause: 'The provider itself fails or is overloaded; the key is not to blame.',
    remedy: 'Try again later; its status page says more.',
    url: null,
  },
  bad_request: {
    cause: 'The provider does not understand the request: its model, deployment or parameters do not exist there.',
    remedy: 'Check the model, the base URL, the deployment and the API version.',
    url: null,
  },
  unreachable: {
    cause: 'No answer came from the provider.',
    remedy: 'Check the base URL and the network between this service and the provider.',
    url: null,
  },
}

/** What a status means where the provider says nothing better. Only a refusal of the key itself proves it bad. */
export function classifyStatus(answer: ProbeAnswer): ErrorClass | null {
  if ('failure' in answer) return 'unreachable'
  const { status } = answer
  if (status < 400) return null
  if (status === 401) return 'bad_key'
  if (status === 402) return 'no_quota'
  if (status === 403) return 'forbidden'
  if (status === 429) return 'rate_limited'
  return status >= 500 || status === 408 ? 'overloaded' : 'bad_request'
}

/** The provider's own words where it has them, else the common ones. */
export function helpFor(of: { help: Partial<Record<ErrorClass, ErrorHelp>>; supportUrl: string | null }, error: ErrorClass): ErrorHelp {
  const help = of.help[error] ?? commonHelp[error]
  return { ...help, url: help.url ?? of.supportUrl }
}
