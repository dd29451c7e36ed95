import type { Factor, StepUp, StepUpToken } from '@keylease/shared/contracts/step-up'
import type pg from 'pg'
import type { Deps } from '../../deps'
import { repeatAnswer, writeAsPerson } from '../../platform/access'
import { recordAudit } from '../../platform/audit'
import type { Actor, Exchange } from '../../platform/auth'
import { AppError } from '../../platform/errors'
import { recordChange } from '../../platform/events'
import { sessionsChanged } from '../../platform/identity/session-authenticator'
import { deleteSessions, findPersonSession, renewSessionToken } from '../../platform/identity/session-rows'
import { listFactorKinds } from '../../platform/step-up'
import { claimTotpCode, refuseFactor } from './factors'
import { toSigned } from './passkeys'
import { confirmPassword } from './password'
import { personOf } from './session-start'
import { takeAttempt } from './sign-in'

/** A fresh factor becomes a token for one operation; the session goes on under a new id. */
export async function stepUp(deps: Deps, exchange: Exchange, actor: Actor, input: StepUp): Promise<StepUpToken> {
  const { userId, sessionId } = personOf(actor)
  const { endpoint, object = '', factor } = input
  await repeatAnswer(deps, actor)
  await takeFactor(deps, exchange, actor, factor)
  let renewed: string | undefined
  const answer = await writeAsPerson(deps, actor, async ({ tx, client }) => {
    await confirmFactor(deps, exchange, actor, factor, client)
    const issued = await deps.stepUps.issue({ sessionId, endpoint, object }, client)
    renewed = await renewSessionToken(client, sessionId)
    const resource = { kind: 'user', id: userId }
    await recordAudit(tx, deps.clock, actor, { action: 'step_up.confirmed', resource, after: { endpoint, object, factor: factor.kind } })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    return issued
  })
  deps.sessions.forget()
  if (factor.kind !== 'password') await deps.lockout.clear({ kind: 'factor', id: userId })
  if (renewed) exchange.setCookie(deps.identity.cookie.write(renewed))
  return answer
}

/** What can be refused before any transaction; a password is confirmed here already. */
async function takeFactor(deps: Deps, exchange: Exchange, actor: Actor, factor: Factor): Promise<void> {
  const { userId } = personOf(actor)
  const kinds = await listFactorKinds(deps.db.authPool, userId)
  if (!kinds.includes(factor.kind)) {
    throw new AppError('factor_refused', { message: `Show one of these factors: ${kinds.join(', ')}.`, details: { factors: kinds } })
  }
  if (factor.kind === 'password') await confirmPassword(deps, exchange, actor, factor.password)
  else await takeAttempt(deps, exchange, [{ kind: 'factor', id: userId }], actor)
}

async function confirmFactor(deps: Deps, exchange: Exchange, actor: Actor, factor: Factor, client: pg.ClientBase): Promise<void> {
  if (factor.kind === 'passkey') await confirmPasskey(deps, exchange, actor, factor.response, client)
  else if (factor.kind !== 'password') await confirmCode(deps, exchange, actor, factor, client)
}

async function confirmCode(
  deps: Deps,
  exchange: Exchange,
  actor: Actor,
  { kind, code }: { kind: 'totp' | 'backup-code'; code: string },
  client: pg.ClientBase,
): Promise<void> {
  const answer = await deps.identity.call(exchange, (api, options) => {
    const body = { code }
    return kind === 'totp' ? api.verifyTOTP({ body, ...options }) : api.verifyBackupCode({ body, ...options })
  })
  const isNew = answer.isOk && (kind === 'backup-code' || (await claimTotpCode(deps, client, personOf(actor).userId, code)))
  if (!isNew) throw refuseFactor(deps, exchange, actor, answer)
}

/** better-auth proves a passkey by beginning a session; that one is not wanted, only whose it is. */
async function confirmPasskey(
  deps: Deps,
  exchange: Exchange,
  actor: Actor,
  response: Extract<Factor, { kind: 'passkey' }>['response'],
  client: pg.ClientBase,
): Promise<void> {
  const answer = await deps.identity.call(exchange, (api, options) =>
    api.verifyPasskeyAuthentication({ body: { response: toSigned(response) }, ...options }),
  )
  const proven = answer.token ? await findPersonSession(client, { token: answer.token }) : null
  if (proven) await deleteSessions(client, { id: proven.id })
  if (!answer.isOk || proven?.userId !== personOf(actor).userId) throw refuseFactor(deps, exchange, actor, answer)
}
