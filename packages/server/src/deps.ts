import { join } from 'node:path'
import type { Env } from './env'
import type { Authenticator } from './platform/auth'
import { createBootstrapAuthenticator } from './platform/bootstrap'
import { type Cipher, createCipher } from './platform/cipher'
import { type Clock, systemClock } from './platform/clock'
import { createDatabase, type Database, type DatabaseUrls } from './platform/db'
import { createEvents, type Events } from './platform/events'
import { type Keyring, openKeyring } from './platform/keyring'
import { createLocalRootKeys } from './platform/kms/local'
import { createLifecycle, type Lifecycle } from './platform/lifecycle'
import type { Log } from './platform/log'
import { createMetrics, type Metrics } from './platform/metrics'
import { createReplicas, type Replicas } from './platform/replicas'
import { createRateLimiter, type RateLimiter } from './platform/request/rate-limit'

/** Everything that a slice may reach, as one plain object, built once. */
export interface Deps {
  env: Env
  db: Database
  keyring: Keyring
  cipher: Cipher
  clock: Clock
  events: Events
  replicas: Replicas
  log: Log
  metrics: Metrics
  limiter: RateLimiter
  authenticators: readonly Authenticator[]
  lifecycle: Lifecycle
}

export async function buildDeps(env: Env, urls: DatabaseUrls, log: Log, clock: Clock = systemClock): Promise<Deps> {
  const db = createDatabase(urls, log)
  const rootKeys = createLocalRootKeys(rootKeyFileOf(env))
  const keyring = await openKeyring(db, rootKeys)
  const events = createEvents(db, clock, log)
  const replicas = createReplicas(db, clock)
  return {
    env,
    db,
    keyring,
    cipher: createCipher(db, rootKeys, keyring),
    clock,
    events,
    replicas,
    log,
    metrics: createMetrics(),
    limiter: createRateLimiter({ clock, live: replicas.live }),
    authenticators: [createBootstrapAuthenticator(db, keyring, events)],
    lifecycle: createLifecycle(),
  }
}

export const rootKeyFileOf = (env: Env) => env.rootKeyFile ?? join(env.dataDir, 'root.key')
