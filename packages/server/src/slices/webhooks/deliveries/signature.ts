import { createHmac } from 'node:crypto'

/** The time is signed with the body, so that a receiver can refuse what somebody kept and sends again. */
export function signBody(secret: Buffer, body: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1_000)
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex')
  return `t=${seconds},v1=${mac}`
}
