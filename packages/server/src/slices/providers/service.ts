import type {
  CreateProvider,
  ListProviders,
  Provider,
  ProviderPage,
  ProviderStatus,
  UpdateProvider,
} from '@keylease/shared/contracts/provider-bodies'
import { catalogue, findCatalogueProvider } from '@keylease/shared/providers/index'
import type { Provider as ProviderFacts } from '@keylease/shared/providers/provider'
import type { Deps } from '../../deps'
import { readAs, writeAs } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { countLimit, readWordCursor, toPage } from '../../platform/page'
import { presentFields } from '../../platform/patch'
import type { Tx } from '../../platform/tenancy'
import { readDefinition, toCatalogueProvider, toFacts, toProvider } from './mapping'
import {
  countKeysOfProvider,
  deleteProviderRow,
  findProviderRow,
  insertProvider,
  listProviderRows,
  lockProvider,
  type ProviderRow,
  updateProviderRow,
} from './queries'
import { readStatuses } from './status'
import { listFeeRows } from './status-rows'

export async function listProviderPage(deps: Deps, actor: Actor, query: ListProviders): Promise<ProviderPage> {
  const after = readWordCursor(query.cursor)
  const search = query.search?.toLowerCase() ?? ''
  await deps.traffic.flush()
  return readAs(deps, actor, async (tx) => {
    const statuses = await readStatuses(tx, deps)
    const defined = (await listProviderRows(tx)).map((row) => toProvider(row, statuses.get(row.id)))
    const all = [...catalogue.map((facts) => toCatalogueProvider(facts, statuses.get(facts.id))), ...defined]
    const found = all
      .filter(({ category }) => query.category === undefined || category === query.category)
      .filter(({ status }) => query.status === undefined || status === query.status)
      .filter(({ id, name }) => id.includes(search) || name.toLowerCase().includes(search))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const rest = found.filter(({ id }) => after === null || id > after)
    return toPage(rest, query.limit, Math.min(found.length, countLimit))
  })
}

export async function getProvider(deps: Deps, actor: Actor, id: string): Promise<Provider> {
  const known = findCatalogueProvider(id)
  await deps.traffic.flush()
  return readAs(deps, actor, async (tx) => {
    const status = (await readStatuses(tx, deps)).get(id)
    return known ? toCatalogueProvider(known, status) : toProvider(present(await findProviderRow(tx, id)), status)
  })
}

export async function getProviderStatus(deps: Deps, actor: Actor, providerId: string): Promise<ProviderStatus> {
  const { id, status, statusSince, statusBasis } = await getProvider(deps, actor, providerId)
  return { id, windowSeconds: 900, status, statusSince, statusBasis }
}

/** What each request of a provider costs, where the organization said so. */
export async function listRequestFees(pool: Deps['db']['appPool'], organizationId: string): Promise<ReadonlyMap<string, bigint>> {
  return new Map((await listFeeRows(pool, organizationId)).map(({ id, feeNanos }) => [id, BigInt(feeNanos)]))
}

export function createProvider(deps: Deps, actor: Actor, input: CreateProvider): Promise<Provider> {
  const { id: wanted, ...values } = input
  deps.outbound.check(input.baseUrl)
  return writeAs(deps, actor, async (tx) => {
    const id = await insertUnderFreeId(tx, actor, wanted, { ...values, now: deps.clock.now() })
    const provider = toProvider(present(await findProviderRow(tx, id)))
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action: 'provider.created', resource: { kind: 'provider', id }, after: provider })
    return provider
  })
}

export function updateProvider(deps: Deps, actor: Actor, id: string, change: UpdateProvider): Promise<Provider> {
  refuseCatalogue(id)
  if (change.baseUrl !== undefined) deps.outbound.check(change.baseUrl)
  return writeAs(deps, actor, async (tx) => {
    const row = present(await lockProvider(tx, id, 'UPDATE'))
    const before = toProvider(row)
    const values = toValues({ ...readDefinition(row), ...presentFields(change) })
    const after = toProvider(await updateProviderRow(tx, actor.organizationId, id, values, deps.clock.now()))
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action: 'provider.updated', resource: { kind: 'provider', id }, before, after })
    return after
  })
}

export function deleteProvider(deps: Deps, actor: Actor, id: string): Promise<void> {
  refuseCatalogue(id)
  return writeAs(deps, actor, async (tx) => {
    const before = toProvider(present(await lockProvider(tx, id, 'UPDATE')))
    if ((await countKeysOfProvider(tx, id)) > 0) throw new AppError('provider_in_use')
    await deleteProviderRow(tx, actor.organizationId, id)
    await announce(tx, actor, id)
    await recordAudit(tx, deps.clock, actor, { action: 'provider.deleted', resource: { kind: 'provider', id }, before })
  })
}

/** The provider of a key; one that the organization defined stays until the transaction ends. */
export async function findProviderFacts(tx: Tx, id: string): Promise<ProviderFacts | null> {
  const row = findCatalogueProvider(id) ?? (await lockProvider(tx, id, 'SHARE'))
  return row && ('requiredFields' in row ? row : toFacts(row))
}

export const isCatalogueProvider = (id: string) => findCatalogueProvider(id) !== undefined

/** A name without an id of its own gets the first that is free; a chosen id is taken or refused. */
async function insertUnderFreeId(
  tx: Tx,
  actor: Actor,
  wanted: string | undefined,
  { now, ...values }: Omit<CreateProvider, 'id'> & { now: Date },
): Promise<string> {
  const base = wanted ?? toWordId(values.name)
  for (let number = 1; number <= (wanted === undefined ? 200 : 1); number++) {
    const id = number === 1 ? base : `${base}-${number}`
    const owner = { organizationId: actor.organizationId, id, createdBy: actor.id, now }
    if (!findCatalogueProvider(id) && (await insertProvider(tx, owner, toValues(values)))) return id
  }
  throw new AppError('provider_exists')
}

/** What has no column of its own is kept in one. */
function toValues({ name, category, baseUrl, auth, keyPrefix, probe, docsUrl, ...definition }: Omit<CreateProvider, 'id'>) {
  return { name, category, baseUrl, auth, keyPrefix, probe, docsUrl, definition }
}

function toWordId(name: string): string {
  const words = name.toLowerCase().match(/[a-z0-9]+/g) ?? []
  const id = words.join('-').slice(0, 50).replace(/-$/, '')
  return /^[a-z]/.test(id) ? id : `api-${id}`.replace(/-$/, '')
}

function refuseCatalogue(id: string): void {
  if (!findCatalogueProvider(id)) return
  throw new AppError('forbidden', { message: 'This provider belongs to the catalogue: define one of your own to differ from it.' })
}

function present(row: ProviderRow | null): ProviderRow {
  if (!row) throw new AppError('not_found')
  return row
}

const announce = (tx: Tx, actor: Actor, providerId: string) =>
  recordChange(tx, { organizationId: actor.organizationId, kind: 'provider.changed', payload: { providerId } })
