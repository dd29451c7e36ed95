import type { SignedIn } from '@keylease/shared/contracts/account'
import type { AuthenticatePasskey, Passkey, PasskeyAssertion, RegisterPasskey } from '@keylease/shared/contracts/factors'
import type { Deps } from '../../deps'
import { writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { completeSignIn, refuseFactor } from './factors'
import { toPasskey } from './mapping'
import { deletePasskeyRow, listPasskeyRows } from './queries'
import { assertSafeForSessions, personOf } from './session-start'

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

export async function registerPasskey(deps: Deps, exchange: Exchange, actor: Actor, input: RegisterPasskey): Promise<Passkey> {
  const { userId } = personOf(actor)
  return writeAsPerson(deps, actor, async ({ tx, client }) => {
    const body = { name: input.name, response: input.response }
    const answer = await deps.identity.call(exchange, (api, options) => api.verifyPasskeyRegistration({ body, ...options }))
    if (!answer.isOk) throw refuseFactor(deps, exchange, actor, answer)
    const added = (await listPasskeyRows(client, userId)).find((row) => row.id === answer.body['id'])
    if (!added) throw new AppError('not_found')
    await recordAudit(tx, deps.clock, actor, { action: 'factor.added', resource: { kind: 'passkey', id: added.id } })
    return toPasskey(added)
  })
}

/** The parts that the signature covers; whatever else a browser adds decides nothing. */
export function toSigned({ id, rawId, type, response }: PasskeyAssertion) {
  const { clientDataJSON, authenticatorData, signature } = response
  return { id, rawId, type, clientExtensionResults: {}, response: { clientDataJSON, authenticatorData, signature } }
}

export async function signInWithPasskey(deps: Deps, exchange: Exchange, { response }: AuthenticatePasskey): Promise<SignedIn> {
  assertSafeForSessions(exchange)
  return completeSignIn(deps, exchange, () =>
    deps.identity.call(exchange, (api, options) => api.verifyPasskeyAuthentication({ body: { response: toSigned(response) }, ...options })),
  )
}

export async function listPasskeys(deps: Deps, actor: Actor): Promise<{ items: Passkey[] }> {
  return { items: (await listPasskeyRows(deps.db.authPool, personOf(actor).userId)).map(toPasskey) }
}

export async function deletePasskey(deps: Deps, actor: Actor, { id }: { id: string }) {
  await writeAsPerson(deps, actor, async ({ tx, client }) => {
    if (!(await deletePasskeyRow(client, personOf(actor).userId, id))) throw new AppError('not_found')
    await recordAudit(tx, deps.clock, actor, { action: 'factor.removed', resource: { kind: 'passkey', id } })
  })
  return done
}
