import { hashPassword, verifyPassword } from 'better-auth/crypto'
import { AppError } from '../errors'

export interface PasswordHasher {
  hash(password: string): Promise<string>
  verify(stored: ShownPassword): Promise<boolean>
}

/** scrypt takes 32 MiB and a thread of four for each password: two at a time leave the process its breath, and a full queue says so. */
export function createPasswordHasher({ concurrency = 2, maximumWaiting = 64 } = {}): PasswordHasher {
  const waiting: (() => void)[] = []
  let running = 0

  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    if (running >= concurrency) {
      if (waiting.length >= maximumWaiting) throw new AppError('overloaded', { retryAfterSeconds: 2 })
      await new Promise<void>((resolve) => waiting.push(resolve))
    } else running++
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else running--
    }
  }
  return {
    hash: (password) => run(() => hashPassword(password)),
    verify: (stored) => run(() => verifyPassword(stored)),
  }
}

/** A password and the hash that it was held against. */
export interface ShownPassword {
  hash: string
  password: string
}

/** What was verified a moment ago for this very operation is not put through scrypt a second time. */
export const isSamePassword = (shown: ShownPassword | undefined, stored: ShownPassword): boolean =>
  shown !== undefined && shown.hash === stored.hash && shown.password === stored.password

/** The one rule besides length. */
export function assertNotEmail(password: string, email: string): void {
  if (password.normalize('NFKC').trim().toLowerCase() !== email) return
  throw new AppError('invalid_request', { message: 'The request is not valid: the password must not be the e-mail address.' })
}
