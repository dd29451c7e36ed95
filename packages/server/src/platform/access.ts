import type { Deps } from '../deps'
import type { Actor } from './auth'
import { claimAnswer, releaseClaim, saveAnswer } from './request/idempotency'
import { inTenant, type Tx } from './tenancy'

/** Reads as the actor: its tenant, in one transaction. */
export function readAs<T>(deps: Deps, actor: Actor, read: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(deps.db, actor.organizationId, read)
}

/**
 * The one deciding transaction of a mutating request. Its result is the answer; with an Idempotency-Key the answer commits
 * together with the effect, so a replay, even after a crash, repeats the answer and not the effect.
 */
export function writeAs<T>(deps: Deps, actor: Actor, write: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(deps.db, actor.organizationId, async (tx) => {
    await claimAnswer(tx, deps, actor)
    const answer = await write(tx)
    await saveAnswer(tx, deps, actor, answer)
    return answer
  })
}

/**
 * A transaction before the deciding one, where work lies between them that no transaction may wait for. An answer that was given
 * is repeated here already; it leaves no claim, so whatever dies in between can be asked again.
 */
export function prepareAs<T>(deps: Deps, actor: Actor, prepare: (tx: Tx) => Promise<T>): Promise<T> {
  return inTenant(deps.db, actor.organizationId, async (tx) => {
    await claimAnswer(tx, deps, actor)
    const prepared = await prepare(tx)
    await releaseClaim(tx, actor)
    return prepared
  })
}
