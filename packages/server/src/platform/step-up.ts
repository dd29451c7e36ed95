import { randomBytes } from 'node:crypto'
import type { Clock } from './clock'
import type { Database } from './db'
import { AppError } from './errors'
import { findFactors, type Runner } from './identity/person-rows'
import type { Keyring } from './keyring'

/** What a fresh factor was shown for: one operation on one object, in one session. */
interface StepUpPurpose {
  sessionId: string
  endpoint: string
  /** The id in the path of the operation; empty where it has none. */
  object: string
}

export interface StepUps {
  issue(purpose: StepUpPurpose, at?: Runner): Promise<{ token: string; expiresInMs: number }>
  /** Spends the token, or says which factors would give one. */
  spend(purpose: StepUpPurpose, shown: { userId: string; token: string | undefined; idempotencyKey: string | null }): Promise<void>
}

const lifeMs = 5 * 60_000

export function createStepUps(room: { db: Pick<Database, 'authPool'>; keyring: Keyring; clock: Clock }): StepUps {
  const { keyring, clock } = room
  const { authPool } = room.db
  const hash = (text: string) => keyring.hash('pepper', `step-up ${text}`).hash
  return {
    async issue({ sessionId, endpoint, object }, at = authPool) {
      const token = randomBytes(32).toString('base64url')
      const expiresAt = new Date(clock.now().getTime() + lifeMs)
      await at.query('INSERT INTO step_up (token_hash, session_id, endpoint, object, expires_at) VALUES ($1, $2, $3, $4, $5)', [
        hash(token),
        sessionId,
        endpoint,
        object,
        expiresAt,
      ])
      return { token, expiresInMs: lifeMs }
    },
    async spend({ sessionId, endpoint, object }, { userId, token, idempotencyKey }) {
      const usedFor = idempotencyKey === null ? null : hash(`for ${idempotencyKey}`)
      const spent = token
        ? await authPool.query(
            `UPDATE step_up SET used_at = $5, used_for = $6
             WHERE token_hash = $1 AND session_id = $2 AND endpoint = $3 AND object = $4 AND expires_at > $5
               AND (used_at IS NULL OR used_for = $6)`,
            [hash(token), sessionId, endpoint, object, clock.now(), usedFor],
          )
        : null
      if (spent?.rowCount === 1) return
      throw new AppError('step_up_required', { details: { endpoint, factors: await listFactorKinds(authPool, userId) } })
    },
  }
}

/** A passkey or a code where the person has one, else the password. */
export async function listFactorKinds(at: Runner, userId: string): Promise<string[]> {
  const { passkey, totp } = await findFactors(at, userId)
  const strong = [...(passkey ? ['passkey'] : []), ...(totp ? ['totp', 'backup-code'] : [])]
  return strong.length > 0 ? strong : ['password']
}
