import { randomInt } from 'node:crypto'
import type { IssuedLease, LeasePrice, LeaseScope } from '@keylease/shared/contracts/lease-bodies'
import { findPrice } from '@keylease/shared/pricing/organization-price'
import type { Rates } from '@keylease/shared/pricing/rates'
import type { Provider } from '@keylease/shared/providers/provider'
import { type KeyTarget, listOrigins, resolveBaseUrl } from '@keylease/shared/providers/request'
import type { Deps } from '../../deps'
import type { LeaseClaims } from '../../platform/lease-tokens'
import type { Restrictions } from '../grants/service'
import type { LeasableKey } from '../provider-keys/service'
import { sealCredential } from './credential'

/** A lease with all that handing it over needs. */
export interface LeaseInHand {
  id: string
  organizationId: string
  holderId: string
  projectId: string
  agentId: string
  environment: string
  grantId: string
  keyId: string
  delivery: 'gateway' | 'direct'
  restrictions: Restrictions
  provider: Provider
  target: KeyTarget
  version: LeasableKey['version']
}

interface Times {
  issuedAt: Date
  expiresAt: Date
}

/** The credential is made first; what it is worth for how long is known once the database has written it. */
export async function handOver(
  deps: Deps,
  lease: LeaseInHand,
  to: { publicKey: string | undefined; origin: string },
): Promise<(times: Times) => IssuedLease> {
  const { id, provider, target, delivery } = lease
  const credential = delivery === 'direct' && to.publicKey !== undefined ? await sealFor(deps, lease, to.publicKey) : null
  if (listExactModels(lease).length > 0) await deps.prices.load(lease.organizationId)
  return (times) => ({
    id,
    provider: provider.id,
    delivery,
    credential,
    token: delivery === 'gateway' ? signToken(deps, lease, times) : null,
    baseUrl: delivery === 'gateway' ? `${to.origin}/gateway/${provider.id}` : (resolveBaseUrl(provider, target) ?? ''),
    origins: delivery === 'gateway' ? [] : listOrigins(provider, target),
    ...toTimes(deps, times),
    scope: toScope(lease),
    slice: null,
    prices: listPrices(deps, lease),
  })
}

const sealFor = ({ leases }: Deps, { id, organizationId, version, provider }: LeaseInHand, publicKey: string) =>
  leases.openedKeys.use(organizationId, { version, provider }, (credential) => sealCredential(id, publicKey, credential))

function signToken(deps: Pick<Deps, 'leaseTokens'>, lease: LeaseInHand, { issuedAt, expiresAt }: Times): string {
  const { id: leaseId, organizationId, projectId, agentId, keyId, grantId, holderId, version } = lease
  const names = { leaseId, organizationId, projectId, agentId, keyId, keyVersionId: version.id, grantId, holderId }
  return signLease(deps, { ...names, issuedAt: issuedAt.getTime(), expiresAt: expiresAt.getTime() })
}

/** It leaves the service here: whoever holds it holds the lease. */
export const signLease = ({ leaseTokens }: Pick<Deps, 'leaseTokens'>, claims: LeaseClaims): string => leaseTokens.sign(claims).reveal()

/** Renewed at a third of what is left, and not by all at once. */
export function toTimes({ databaseTime }: Pick<Deps, 'databaseTime'>, { issuedAt, expiresAt }: Times) {
  const now = databaseTime.now()
  const expiresInMs = Math.max(0, expiresAt.getTime() - now.getTime())
  return {
    issuedAt: issuedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    expiresInMs,
    renewInMs: Math.floor((expiresInMs / 3_000) * randomInt(900, 1_101)),
    serverTime: now.toISOString(),
  }
}

function toScope({ organizationId, projectId, agentId, environment, keyId, version, grantId, restrictions }: LeaseInHand): LeaseScope {
  const { models, operations, requestsPerMinute, tokensPerMinute, defaultMaxOutputTokens } = restrictions
  return {
    organizationId,
    projectId,
    agentId,
    environment: environment as LeaseScope['environment'], // of a project, whose contract checked it
    keyId,
    keyVersionId: version.id,
    grantId,
    models: [...models],
    operations: [...operations],
    requestsPerMinute,
    tokensPerMinute,
    defaultMaxOutputTokens,
  }
}

/** A beginning of names has no price. */
const listExactModels = ({ restrictions }: LeaseInHand) => restrictions.models.filter((model) => !model.endsWith('*'))

function listPrices({ prices, databaseTime }: Deps, lease: LeaseInHand): LeasePrice[] {
  const models = listExactModels(lease)
  if (models.length === 0) return []
  const { book, own } = prices.pricesOf(lease.organizationId)
  const at = databaseTime.now()
  return models.flatMap((model) => {
    const found = findPrice(book, { provider: lease.provider.id, model, at }, own)
    if (!found) return []
    const toWire = (rates: Rates) =>
      Object.fromEntries(Object.entries(rates).map(([name, nanos]) => [name, String((nanos * BigInt(found.basisPoints)) / 10_000n)]))
    const contexts = found.terms.contexts.map(({ from, rates }) => ({ from, rates: toWire(rates) }))
    return [{ model, priceId: found.priceId, version: found.priceVersion, rates: toWire(found.terms.rates), contexts }]
  })
}
