import { type CompactVerifyGetKey, compactVerify, errors } from 'jose'
import type { RefusedCredential } from '../auth'
import type { Clock } from '../clock'
import type { Log } from '../log'
import type { Outbound } from '../outbound'
import { fetchKeySet, type KeySet } from './issuer-document'
import { createRecent } from './recent'

/** The public keys of issuers, by their URL. Whoever asks names only issuers that a trust rule names. */
export interface IssuerKeys {
  /** Why a signature does not stand; null when it does. */
  findSignatureFault(issuer: string, token: string, algorithm: string): Promise<RefusedCredential['refused'] | null>
}

interface Issuer {
  keys: KeySet | null
  fetchedAtMs: number
  /** No request to this issuer before then: a flood of unknown keys, or an issuer that is away, makes none. */
  nextAtMs: number
  isAway: boolean
  loading: Promise<void> | null
}

const maximumIssuers = 1_000
const freshMs = 10 * 60_000
const staleMs = 3_600_000
const coolDownMs = 30_000
const retryMs = 10_000

export function createIssuerKeys(room: { outbound: Pick<Outbound, 'request'>; clock: Clock; log: Log }): IssuerKeys {
  const issuers = createRecent<Issuer>(maximumIssuers)
  const now = () => room.clock.monotonicMs()

  const load = async (url: string, issuer: Issuer) => {
    try {
      issuer.keys = await fetchKeySet(room.outbound, url)
      issuer.fetchedAtMs = now()
      issuer.nextAtMs = now() + coolDownMs
      issuer.isAway = false
    } catch (error) {
      issuer.nextAtMs = now() + retryMs
      issuer.isAway = true
      room.log.warn({ err: error, issuer: url }, 'the keys of an issuer could not be read')
    }
    issuer.loading = null
  }
  const refresh = async (url: string, issuer: Issuer) => {
    if (!issuer.loading && now() >= issuer.nextAtMs) issuer.loading = load(url, issuer)
    await issuer.loading
  }
  const open = (url: string) => {
    const known = issuers.get(url)
    if (known) return known
    const issuer = { keys: null, fetchedAtMs: 0, nextAtMs: Number.NEGATIVE_INFINITY, isAway: false, loading: null }
    issuers.set(url, issuer)
    return issuer
  }
  /** The keys that may be used now. Nobody waits for an issuer that is away while its last ones still serve. */
  const readKeys = async (url: string, issuer: Issuer) => {
    const ageOf = () => now() - issuer.fetchedAtMs
    if (issuer.keys && ageOf() <= freshMs) return issuer.keys
    const refreshed = refresh(url, issuer)
    if (!issuer.isAway || !issuer.keys || ageOf() > staleMs) await refreshed
    return issuer.keys && ageOf() <= staleMs ? issuer.keys : null
  }

  return {
    async findSignatureFault(url, token, algorithm) {
      const issuer = open(url)
      const keys = await readKeys(url, issuer)
      if (!keys) return 'issuer_unreachable'
      const fault = await verify(keys, token, algorithm)
      if (fault !== 'unknown_signing_key') return fault
      await refresh(url, issuer)
      return !issuer.keys || issuer.keys === keys ? fault : verify(issuer.keys, token, algorithm)
    },
  }
}

async function verify(keys: CompactVerifyGetKey, token: string, algorithm: string): Promise<RefusedCredential['refused'] | null> {
  try {
    await compactVerify(token, keys, { algorithms: [algorithm] })
    return null
  } catch (error) {
    if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) return 'unknown_signing_key'
    // A key that the issuer publishes and nobody can use ends here too: as a TypeError or a DOMException.
    return 'bad_signature'
  }
}
