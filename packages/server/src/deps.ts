import { join } from 'node:path'
import type { Env } from './env'
import type { Authenticator } from './platform/auth'
import { createBootstrapAuthenticator } from './platform/bootstrap'
import { type Cipher, createCipher } from './platform/cipher'
import { type Clock, systemClock } from './platform/clock'
import { createDatabaseTime, type DatabaseTime } from './platform/database-time'
import { createDatabase, type Database, type DatabaseUrls } from './platform/db'
import { createEvents, type Events } from './platform/events'
import { createWorkloads, type Workloads } from './platform/federation/workloads'
import { createIdentity, type Identity } from './platform/identity'
import { createPasswordHasher, type PasswordHasher } from './platform/identity/password'
import { createSessionAuthenticator, type SessionAuthenticator } from './platform/identity/session-authenticator'
import { createKeyUsage, type KeyUsage } from './platform/key-usage'
import { type Keyring, openKeyring } from './platform/keyring'
import { createLocalRootKeys } from './platform/kms/local'
import { createLeaseTokens, type LeaseTokens } from './platform/lease-tokens'
import { createLeaseUse, type LeaseUse } from './platform/lease-use'
import { createLifecycle, type Lifecycle } from './platform/lifecycle'
import { createLockout, type Lockout } from './platform/lockout'
import type { Log } from './platform/log'
import { createMail, type Mail } from './platform/mail'
import { createMetrics, type Metrics } from './platform/metrics'
import { createSettingsReader, type SettingsReader } from './platform/organization-settings'
import { createOutbound, type Outbound } from './platform/outbound'
import { createPlatformKeyAuthenticator } from './platform/platform-key-auth'
import { createPlatformKeyCache, type PlatformKeyCache } from './platform/platform-key-cache'
import { findStoredKey } from './platform/platform-key-rows'
import { readPort } from './platform/postgres/url'
import { createProviderTraffic, type ProviderTraffic } from './platform/provider-traffic'
import { createReplicas, type Replicas } from './platform/replicas'
import { createRateLimiter, type RateLimiter } from './platform/request/rate-limit'
import { createRevocations, type Revocations } from './platform/revocations'
import { createSecurityEvents, type SecurityEvents } from './platform/security-events'
import { createStepUps, type StepUps } from './platform/step-up'
import { createTokenExchange, type TokenExchange } from './platform/token-exchange'
import { type AttributionRules, createAttributionRules } from './slices/attribution-rules/rule-cache'
import { createIntake, type Intake } from './slices/ingest/intake'
import { createLeaseRoom, type LeaseRoom } from './slices/leases/room'
import { createUsagePrices, type UsagePrices } from './slices/prices/usage-prices'
import { type Batches, createBatches } from './slices/usage/batches'
import { createUsageFeed, type UsageFeed } from './slices/usage/live/feed'
import { createLiveStreams, type LiveStreams } from './slices/usage/live/streams'
import type { PricedCall, WrittenUsage } from './slices/usage/priced-call'

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
  security: SecurityEvents
  settings: SettingsReader
  platformKeys: PlatformKeyCache
  keyUsage: KeyUsage
  workloads: Workloads
  limiter: RateLimiter
  authenticators: readonly Authenticator[]
  identity: Identity
  passwords: PasswordHasher
  sessions: SessionAuthenticator
  stepUps: StepUps
  lockout: Lockout
  mail: Mail
  lifecycle: Lifecycle
  outbound: Outbound
  prices: UsagePrices
  tokens: TokenExchange
  traffic: ProviderTraffic
  databaseTime: DatabaseTime
  leaseTokens: LeaseTokens
  leaseUse: LeaseUse
  revocations: Revocations
  leases: LeaseRoom
  attribution: AttributionRules
  intake: Intake
  usageBatches: Batches<PricedCall, WrittenUsage>
  live: UsageFeed
  liveStreams: LiveStreams
}

export async function buildDeps(env: Env, urls: DatabaseUrls, log: Log, clock: Clock = systemClock): Promise<Deps> {
  const databasePorts = [5432, ...[urls.owner, urls.direct ?? urls.app].map(readPort)]
  const outbound = createOutbound(env, { ports: [env.port], databasePorts })
  const db = createDatabase(urls, log)
  const rootKeys = createLocalRootKeys(rootKeyFileOf(env))
  const keyring = await openKeyring(db, rootKeys)
  const events = createEvents(db, clock, log)
  const replicas = createReplicas(db, clock)
  const platformKeys = createPlatformKeyCache({ clock, events }, (tokenHash) => findStoredKey(db, tokenHash))
  const workloads = createWorkloads({ env, db, events, outbound, clock, log })
  const metrics = createMetrics()
  const security = createSecurityEvents({ db, clock, metrics, log })
  const settings = createSettingsReader(db, events)
  const passwords = createPasswordHasher()
  const mail = createMail(env, log)
  const databaseTime = createDatabaseTime(db, clock, log)
  const lifecycle = createLifecycle()
  const live = createUsageFeed({ db, log })
  const cipher = createCipher(db, rootKeys, keyring)
  const sessions = createSessionAuthenticator({ env, db, keyring, events, clock, settings })
  return {
    env,
    db,
    keyring,
    cipher,
    clock,
    events,
    replicas,
    log,
    metrics,
    security,
    settings,
    platformKeys,
    keyUsage: createKeyUsage(db, clock, log),
    workloads,
    limiter: createRateLimiter({ clock, live: replicas.live }),
    authenticators: [
      createBootstrapAuthenticator(db, keyring, events),
      createPlatformKeyAuthenticator({ cache: platformKeys, keyring, clock }),
      workloads.authenticator,
      sessions,
    ],
    identity: createIdentity({ env, db, keyring, clock, settings, passwords, log }),
    passwords,
    sessions,
    stepUps: createStepUps({ db, keyring, clock }),
    lockout: createLockout({ db, keyring, clock }),
    mail,
    lifecycle,
    outbound,
    prices: createUsagePrices({ db, clock, events, log }),
    tokens: createTokenExchange(outbound, clock),
    traffic: createProviderTraffic(db, clock, log),
    databaseTime,
    leaseTokens: createLeaseTokens(keyring),
    leaseUse: createLeaseUse(db, log),
    revocations: createRevocations(db, events),
    attribution: createAttributionRules({ db, events }),
    leases: createLeaseRoom({ db, cipher, keyring, events, databaseTime, lifecycle, log }),
    intake: createIntake(clock),
    usageBatches: createBatches(),
    live,
    liveStreams: createLiveStreams({ events, live, lifecycle, clock }),
  }
}

export const rootKeyFileOf = (env: Env) => env.rootKeyFile ?? join(env.dataDir, 'root.key')
