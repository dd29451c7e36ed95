import type { Authenticator } from './platform/auth'
import type { Cipher } from './platform/cipher'
import type { Clock } from './platform/clock'
import type { Database } from './platform/db'
import type { Env } from './env'
import type { Events } from './platform/events'
import type { Keyring } from './platform/keyring'
import type { Lifecycle } from './platform/lifecycle'
import type { Log } from './platform/log'
import type { Metrics } from './platform/metrics'
import type { RateLimiter } from './platform/request/rate-limit'

/** Everything that a slice may reach, as one plain object. */
export interface Deps {
  env: Env
  db: Database
  keyring: Keyring
  cipher: Cipher
  clock: Clock
  events: Events
  log: Log
  metrics: Metrics
  limiter: RateLimiter
  authenticators: readonly Authenticator[]
  lifecycle: Lifecycle
}
