import type { Deps } from '../../deps'
import type { Actor } from '../../platform/auth'
import { inTenantSql } from '../../platform/tenancy'
import { createDirectory, findReferences, type Owner, type Reference, toOwner, toWanted } from './attribution'
import { findTargets } from './target-rows'

interface Attributable {
  /** What the sender says of whose the call is, by attribute name. */
  attribution: ReadonlyMap<string, string>
}

/** A call that came without a lease: no key and no version of one is known. */
type CallOwner = Owner & { keyId: null; keyVersionId: null }

/**
 * Whose calls are, in their order. The key of an agent reports the calls of that agent, whatever the calls claim; what another key
 * reports belongs to whom the rules of the organization say, and else to nobody.
 */
export async function attributeCalls(
  deps: Pick<Deps, 'db' | 'attribution'>,
  actor: Pick<Actor, 'organizationId' | 'agentId'>,
  calls: readonly Attributable[],
): Promise<CallOwner[]> {
  const references = await readReferences(deps, actor, calls)
  const wanted = toWanted([...new Set(references)].flat())
  const isNobody = Object.values(wanted).every((words) => words.length === 0)
  const targets = isNobody ? [] : await inTenantSql(deps.db.appPool, actor.organizationId, (client) => findTargets(client, wanted))
  const directory = createDirectory(targets)
  const owners = new Map<readonly Reference[], CallOwner>()
  return references.map((named) => {
    const owner = owners.get(named) ?? { ...toOwner(named.map(directory)), keyId: null, keyVersionId: null }
    owners.set(named, owner)
    return owner
  })
}

/** For each call. Calls that say the same share one list. */
async function readReferences(
  { attribution }: Pick<Deps, 'attribution'>,
  { organizationId, agentId }: Pick<Actor, 'organizationId' | 'agentId'>,
  calls: readonly Attributable[],
): Promise<(readonly Reference[])[]> {
  if (agentId !== undefined) {
    const own: Reference[] = [{ kind: 'agent', word: agentId }]
    return calls.map(() => own)
  }
  const rules = await attribution.get(organizationId)
  const names = [...new Set(rules.map((rule) => rule.attribute))]
  const known = new Map<string, Reference[]>()
  return calls.map(({ attribution: attributes }) => {
    const said = JSON.stringify(names.map((name) => attributes.get(name) ?? null))
    const references = known.get(said) ?? findReferences(rules, attributes)
    known.set(said, references)
    return references
  })
}
