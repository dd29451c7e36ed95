import { createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes, scrypt } from 'node:crypto'
import { promisify } from 'node:util'

const derive = promisify<string, string, number, Buffer>(scrypt)
// Fixed: every replica must derive the same passwords from the owner's, which is all that they share before the database is open.
const purpose = 'keylease database role passwords, version 1'
const iterations = 4_096

export type PasswordSource = (role: string) => string

/** One password per role, from the owner's. */
export async function derivePasswords(ownerPassword: string): Promise<PasswordSource> {
  const key = await derive(ownerPassword, purpose, 32)
  return (role) => Buffer.from(hkdfSync('sha256', key, '', role, 32)).toString('base64url')
}

/** What Postgres stores for SCRAM (RFC 5803): with it the password itself never reaches the server's log. */
export function toScramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256')
  const keyFor = (name: string) => createHmac('sha256', salted).update(name).digest()
  const stored = createHash('sha256').update(keyFor('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${stored}:${keyFor('Server Key').toString('base64')}`
}
