import { createHash } from 'node:crypto'
import { type Exchanged, exchangeRequest, needsExchange, readExchange } from '@keylease/shared/providers/authorise/google-exchange'
import type { Provider } from '@keylease/shared/providers/provider'
import type { Credential } from '@keylease/shared/providers/request'
import type { Secret } from '@keylease/shared/secret'
import type { Clock } from './clock'
import type { Outbound } from './outbound'
import { askUpstream } from './upstream'

/** Turns keys that only buy a token into that token, and keeps it in memory until shortly before it expires. */
export interface TokenExchange {
  /** What goes with a request, or why there is nothing. `isFresh`: asks anew, as a probe must. */
  toCredential(provider: Provider, key: Secret, options?: { isFresh?: boolean; signal?: AbortSignal }): Promise<Exchange>
}

type Exchange = { credential: Credential } | Extract<Exchanged, { error: unknown }>

const marginMs = 60_000
const maximumKept = 1_000

export function createTokenExchange(outbound: Outbound, clock: Clock): TokenExchange {
  const kept = new Map<string, { token: Secret; untilMs: number }>()

  const buy = async (name: string, provider: Provider, key: Secret, signal: AbortSignal | undefined): Promise<Exchange> => {
    const request = await exchangeRequest(provider, key, clock.now())
    const exchanged = readExchange(await askUpstream(outbound, request, signal))
    kept.delete(name)
    if ('error' in exchanged) return exchanged
    const { token, expiresInSeconds } = exchanged
    kept.set(name, { token, untilMs: clock.monotonicMs() + expiresInSeconds * 1_000 - marginMs })
    for (const oldest of kept.keys()) {
      if (kept.size <= maximumKept) break
      kept.delete(oldest)
    }
    return { credential: { accessToken: token } }
  }

  return {
    async toCredential(provider, key, { isFresh = false, signal } = {}) {
      if (!needsExchange(provider, key)) return { credential: key }
      const name = createHash('sha256').update(`${provider.id}\n${key.reveal()}`).digest('base64')
      const known = isFresh ? undefined : kept.get(name)
      if (known && known.untilMs > clock.monotonicMs()) return { credential: { accessToken: known.token } }
      return buy(name, provider, key, signal)
    },
  }
}
