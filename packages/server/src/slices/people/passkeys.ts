import type { SignedIn } from '@keylease/shared/contracts/account'
import type { AuthenticatePasskey, Passkey, PasskeyAssertion, RegisterPasskey } from '@keylease/shared/contracts/factors'
import type { Deps } from '../../deps'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { writeAsPerson } from '../../platform/identity/person-audit'
import { toRateSource } from '../../platform/request/address'
import { refuseFactor } from './factors'
import { toPasskey } from './mapping'
import { deletePasskeyRow, listPasskeyRows } from './queries'
import { assertSafeForSessions, personOf, startSession } from './session-start'
import { takeAttempt } from './sign-in'

const done = { status: true } as const

/** What the browser's WebAuthn interface takes to make a passkey. */
export async function createPasskeyOptions(deps: Deps, exchange: Exchange) {
  return readChallenge(
    exchange,
    await deps.identity.call(exchange, (api, options) => api.generatePasskeyRegistrationOptions({ query: {}, ...options })),
  )
}

/** What it takes to show one. */
export async function createPasskeyChallenge(deps: Deps, exchange: Exchange) {
  return readChallenge(exchange, await deps.identity.call(exchange, (api, options) => api.generatePasskeyAuthenticationOptions(options)))
}

function readChallenge(exchange: Exchange, answer: { isOk: boolean; body: Record<string, unknown>; cookies: string[] }) {
  const { challenge } = answer.body
  if (!answer.isOk || typeof challenge !== 'string') throw new AppError('factor_refused')
  for (const line of answer.cookies) exchange.setCookie(line)
  return { ...answer.body, challenge }
}

/** Kept only if the audit trail has it. */
export async function registerPasskey(deps: Deps, exchange: Exchange, actor: Actor, input: RegisterPasskey): Promise<Passkey> {
  const { userId } = personOf(actor)
  const answer = await deps.identity.call(exchange, (api, options) =>
    api.verifyPasskeyRegistration({ body: { name: input.name, response: input.response }, ...options }),
  )
  if (!answer.isOk) throw refuseFactor(deps, exchange, actor, answer)
  const id = String(answer.body['id'])
  try {
    await writeAsPerson(deps, actor, { action: 'factor.added', resource: { kind: 'passkey', id } }, async () => undefined)
  } catch (error) {
    await deletePasskeyRow(deps.db.authPool, userId, id)
    throw error
  }
  const added = (await listPasskeyRows(deps.db.authPool, userId)).find((row) => row.id === id)
  if (!added) throw new AppError('not_found')
  return toPasskey(added)
}

/** The parts that the signature covers; whatever else a browser adds decides nothing. */
export function toSigned({ id, rawId, type, response }: PasskeyAssertion) {
  const { clientDataJSON, authenticatorData, signature } = response
  return { id, rawId, type, clientExtensionResults: {}, response: { clientDataJSON, authenticatorData, signature } }
}

export async function signInWithPasskey(deps: Deps, exchange: Exchange, { response }: AuthenticatePasskey): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  const address = { kind: 'address', id: toRateSource(exchange.facts.address) } as const
  await takeAttempt(deps, exchange, [address])
  const answer = await deps.identity.call(exchange, (api, options) =>
    api.verifyPasskeyAuthentication({ body: { response: toSigned(response) }, ...options }),
  )
  if (!answer.isOk) throw refuseFactor(deps, exchange, null, answer)
  await deps.lockout.clear(address)
  return startSession(deps, exchange, answer)
}

export async function listPasskeys(deps: Deps, actor: Actor): Promise<{ items: Passkey[] }> {
  return { items: (await listPasskeyRows(deps.db.authPool, personOf(actor).userId)).map(toPasskey) }
}

export async function deletePasskey(deps: Deps, actor: Actor, { id }: { id: string }) {
  await writeAsPerson(deps, actor, { action: 'factor.removed', resource: { kind: 'passkey', id } }, async () => {
    if (!(await deletePasskeyRow(deps.db.authPool, personOf(actor).userId, id))) throw new AppError('not_found')
  })
  return done
}
