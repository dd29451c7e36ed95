import type { Deps } from '../deps'
import type { Actor } from './auth'
import { AppError } from './errors'
import type { PersonTx } from './identity/person-transaction'
import { claimAnswer, claimKey, releaseClaim, saveAnswer } from './request/idempotency'
import { enterTenant, inTenant, type Tx } from './tenancy'

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

/**
 * `writeAs` for what changes a person, their factors or their sessions: person tables, tenant rows, audit entry and answer in one
 * transaction on one connection. That connection may not read stored answers, so a repeat is given by the other one.
 */
export async function writeAsPerson<T>(deps: Deps, actor: Actor, write: (room: PersonTx) => Promise<T>): Promise<T> {
  const outcome = await deps.db.persons.transact(async (room) => {
    await enterTenant(room.tx, actor.organizationId)
    if (!(await claimKey(room.tx, deps, actor))) return null
    const answer = await write(room)
    await saveAnswer(room.tx, deps, actor, answer)
    return { answer }
  })
  if (outcome) return outcome.answer
  await repeatAnswer(deps, actor)
  throw new AppError('idempotency_in_progress', { retryAfterSeconds: 1 })
}

/** An answer that was given under this Idempotency-Key is repeated here, before anything is asked of the person again. */
export async function repeatAnswer(deps: Deps, actor: Actor): Promise<void> {
  if (actor.idempotency) await prepareAs(deps, actor, async () => undefined)
}
