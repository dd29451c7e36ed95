import type { Factor, StepUp, StepUpToken } from '@keylease/shared/contracts/step-up'
import type { Deps } from '../../deps'
import { writeAs } from '../../platform/access'
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
  let renewed: string | undefined
  const answer = await writeAs(deps, actor, async (tx) => {
    await confirmFactor(deps, exchange, actor, factor)
    const resource = { kind: 'user', id: userId }
    await recordAudit(tx, deps.clock, actor, { action: 'step_up.confirmed', resource, after: { endpoint, object, factor: factor.kind } })
    await recordChange(tx, { organizationId: actor.organizationId, kind: sessionsChanged })
    const issued = await deps.stepUps.issue({ sessionId, endpoint, object })
    renewed = await renewSessionToken(deps.db.authPool, sessionId)
    return issued
  })
  deps.sessions.forget()
  if (renewed) exchange.setCookie(deps.identity.cookie.write(renewed))
  return answer
}

async function confirmFactor(deps: Deps, exchange: Exchange, actor: Actor, factor: Factor): Promise<void> {
  const { userId } = personOf(actor)
  const kinds = await listFactorKinds(deps.db.authPool, userId)
  if (!kinds.includes(factor.kind)) {
    throw new AppError('factor_refused', { message: `Show one of these factors: ${kinds.join(', ')}.`, details: { factors: kinds } })
  }
  if (factor.kind === 'password') return confirmPassword(deps, exchange, actor, factor.password)
  const subject = { kind: 'factor', id: userId } as const
  await takeAttempt(deps, exchange, [subject], actor)
  if (factor.kind === 'passkey') await confirmPasskey(deps, exchange, actor, factor.response)
  else await confirmCode(deps, exchange, actor, factor)
  await deps.lockout.clear(subject)
}

async function confirmCode(deps: Deps, exchange: Exchange, actor: Actor, { kind, code }: { kind: 'totp' | 'backup-code'; code: string }) {
  const answer = await deps.identity.call(exchange, (api, options) => {
    const body = { code }
    return kind === 'totp' ? api.verifyTOTP({ body, ...options }) : api.verifyBackupCode({ body, ...options })
  })
  const isNew = answer.isOk && (kind === 'backup-code' || (await claimTotpCode(deps, personOf(actor).userId, code)))
  if (!isNew) throw refuseFactor(deps, exchange, actor, answer)
}

/** better-auth proves a passkey by beginning a session; that one is not wanted, only whose it is. */
async function confirmPasskey(
  deps: Deps,
  exchange: Exchange,
  actor: Actor,
  response: Extract<Factor, { kind: 'passkey' }>['response'],
): Promise<void> {
  const answer = await deps.identity.call(exchange, (api, options) =>
    api.verifyPasskeyAuthentication({ body: { response: toSigned(response) }, ...options }),
  )
  const proven = answer.token ? await findPersonSession(deps.db.authPool, { token: answer.token }) : null
  if (proven) await deleteSessions(deps.db.authPool, { id: proven.id })
  if (!answer.isOk || proven?.userId !== personOf(actor).userId) throw refuseFactor(deps, exchange, actor, answer)
}
