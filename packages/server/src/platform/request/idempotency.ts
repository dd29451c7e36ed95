import type { Actor, IdempotencyClaim } from '../auth'
import type { Cipher, SealContext } from '../cipher'
import { AppError } from '../errors'
import type { Keyring } from '../keyring'
import { isLockTimeout, type Tx } from '../tenancy'

interface Vault {
  cipher: Cipher
  keyring: Keyring
}

interface AnswerRow {
  request_hash: Buffer
  response: unknown
  sealed_response: Buffer | null
  is_fresh: boolean
}

/** Thrown inside the claiming transaction: this request was answered before, and this is the answer. */
export class IdempotentReplay extends Error {
  override readonly name = 'IdempotentReplay'
  readonly answer: unknown

  constructor(answer: unknown) {
    super('answered before')
    this.answer = answer
  }
}

const keyPattern = /^[\x21-\x7e]{1,255}$/

export function readIdempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null
  if (!keyPattern.test(header)) throw new AppError('invalid_idempotency_key')
  return header
}

/** What makes two requests the same; kept as a keyed hash, since bodies may hold secrets that a plain one would let someone guess. */
export const requestText = (target: string, body: unknown) => `${target}\n${JSON.stringify(body) ?? ''}`

export function hashRequest(keyring: Keyring, request: string): Buffer {
  const { version, hash } = keyring.hash('idempotency', request)
  const lead = Buffer.alloc(4)
  lead.writeUInt32BE(version)
  return Buffer.concat([lead, hash])
}

export const isSameRequest = (keyring: Keyring, request: string, stored: Buffer) =>
  keyring.verify('idempotency', stored.readUInt32BE(0), request, stored.subarray(4))

/** Takes the key for this transaction. A concurrent holder is waited for; its answer is then repeated. */
export async function claimAnswer(tx: Tx, deps: Vault, actor: Actor): Promise<void> {
  const claim = actor.idempotency
  if (!claim) return
  if (await insertClaim(tx, deps.keyring, actor, claim)) return
  const row = await findAnswer(tx, actor, claim)
  if (!isSameRequest(deps.keyring, claim.request, row.request_hash)) throw new AppError('idempotency_key_reused')
  if (!claim.secretResponse) throw new IdempotentReplay(row.response)
  if (!row.is_fresh || !row.sealed_response) throw new AppError('secret_already_shown', { details: row.response })
  const opened = await deps.cipher.open(sealContext(actor, claim), row.sealed_response)
  throw new IdempotentReplay(JSON.parse(opened.toString('utf8')))
}

export async function saveAnswer(tx: Tx, deps: Vault, actor: Actor, answer: unknown): Promise<void> {
  const claim = actor.idempotency
  if (!claim) return
  const sealed = claim.secretResponse ? await deps.cipher.seal(sealContext(actor, claim), Buffer.from(JSON.stringify(answer))) : null
  const response = JSON.stringify(claim.secretResponse ? { id: idOf(answer) } : (answer ?? null))
  await tx.$executeRaw`
    UPDATE idempotency SET response = ${response}::jsonb, sealed_response = ${sealed}
    WHERE organization_id = ${actor.organizationId} AND actor_id = ${actor.id} AND route = ${claim.route} AND key = ${claim.key}`
}

/** Gives the key back before anything was answered. */
export async function releaseClaim(tx: Tx, actor: Actor): Promise<void> {
  const claim = actor.idempotency
  if (!claim) return
  await tx.$executeRaw`
    DELETE FROM idempotency
    WHERE organization_id = ${actor.organizationId} AND actor_id = ${actor.id} AND route = ${claim.route} AND key = ${claim.key}`
}

/** Takes the key without reading who took it before; false where somebody did. */
export async function claimKey(tx: Tx, { keyring }: Pick<Vault, 'keyring'>, actor: Actor): Promise<boolean> {
  return actor.idempotency === undefined || insertClaim(tx, keyring, actor, actor.idempotency)
}

async function insertClaim(tx: Tx, keyring: Keyring, actor: Actor, claim: IdempotencyClaim): Promise<boolean> {
  try {
    await tx.$executeRaw`SET LOCAL lock_timeout = '4s'`
    const inserted = await tx.$executeRaw`
      INSERT INTO idempotency AS held (organization_id, actor_id, route, key, request_hash)
      VALUES (${actor.organizationId}, ${actor.id}, ${claim.route}, ${claim.key}, ${hashRequest(keyring, claim.request)})
      ON CONFLICT (organization_id, actor_id, route, key) DO UPDATE
        SET request_hash = excluded.request_hash, response = NULL, sealed_response = NULL, created_at = now()
        WHERE held.created_at < now() - interval '24 hours'`
    await tx.$executeRaw`SET LOCAL lock_timeout = 0`
    return inserted === 1
  } catch (cause) {
    if (isLockTimeout(cause)) throw new AppError('idempotency_in_progress', { cause, retryAfterSeconds: 1 })
    throw cause
  }
}

async function findAnswer(tx: Tx, actor: Actor, claim: IdempotencyClaim): Promise<AnswerRow> {
  const rows = await tx.$queryRaw<AnswerRow[]>`
    SELECT request_hash, response, sealed_response, created_at > now() - interval '10 minutes' AS is_fresh FROM idempotency
    WHERE organization_id = ${actor.organizationId} AND actor_id = ${actor.id} AND route = ${claim.route} AND key = ${claim.key}`
  const row = rows[0]
  if (!row) throw new AppError('idempotency_in_progress', { retryAfterSeconds: 1 })
  const sealed = row.sealed_response && Buffer.from(row.sealed_response)
  return { ...row, request_hash: Buffer.from(row.request_hash), sealed_response: sealed }
}

const sealContext = (actor: Actor, claim: IdempotencyClaim): SealContext => ({
  organizationId: actor.organizationId,
  recordId: `${actor.id}\n${claim.route}\n${claim.key}`,
  version: 1,
  purpose: 'idempotency',
})

function idOf(answer: unknown): unknown {
  return typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : null
}
