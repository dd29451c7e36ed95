import { AsyncLocalStorage } from 'node:async_hooks'
import { Secret } from '@keylease/shared/secret'
import type { Exchange } from './auth'
import { AppError } from './errors'
import { addressHeader, type BetterAuth, createBetterAuth, type IdentityRoom } from './identity/better-auth'
import type { ShownPassword } from './identity/password'
import { createSessionCookie, type SessionCookie } from './identity/session-cookie'

export interface IdentityAnswer {
  isOk: boolean
  status: number
  /** better-auth's word for what was wrong. */
  code: string | null
  body: Record<string, unknown>
  /** Set-Cookie lines, for the caller to put on the answer once the operation is in the audit trail. */
  cookies: string[]
  /** The token of the session that began, if one did. */
  token: string | null
}

type Call = (api: BetterAuth['api'], options: { headers: Headers; asResponse: true }) => Promise<Response>

export interface Identity {
  cookie: SessionCookie
  /**
   * One operation of better-auth, as the browser of this exchange; inside a person transaction, part of it. A password that was
   * verified for it is not verified again, since scrypt takes its time.
   */
  call(exchange: Exchange, call: Call, shown?: ShownPassword): Promise<IdentityAnswer>
  /** The token of a link that sets a new password; spent by its first use. */
  createResetToken(userId: string, minutes: number): Promise<string>
  /** Whose link it is, as long as it is good. */
  findResetToken(token: string): Promise<string | null>
  /** Whose link it was, once; null ever after. */
  spendResetToken(token: string): Promise<string | null>
}

/** better-auth behind one door. It is made at first use: a sealed service has no key for it. */
export function createIdentity(room: IdentityRoom): Identity {
  const shownPassword = new AsyncLocalStorage<ShownPassword | undefined>()
  let made: BetterAuth | undefined
  const auth = () => {
    made ??= createBetterAuth(room, () => shownPassword.getStore())
    return made
  }
  const cookie = createSessionCookie(room.env, room.keyring)
  return {
    cookie,
    async call(exchange, call, shown) {
      const headers = toHeaders(exchange, cookie)
      const response = await shownPassword.run(shown, () => call(auth().api, { headers, asResponse: true }))
      return readAnswer(response, cookie)
    },
    async createResetToken(userId, minutes) {
      const { internalAdapter } = await auth().$context
      const token = Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('base64url')
      const expiresAt = new Date(room.clock.now().getTime() + minutes * 60_000)
      await internalAdapter.createVerificationValue({ value: userId, identifier: `reset-password:${token}`, expiresAt })
      return token
    },
    async findResetToken(token) {
      const { internalAdapter } = await auth().$context
      const found = await internalAdapter.findVerificationValue(`reset-password:${token}`)
      return found && found.expiresAt > room.clock.now() ? found.value : null
    },
    async spendResetToken(token) {
      const { internalAdapter } = await auth().$context
      const spent = await internalAdapter.consumeVerificationValue(`reset-password:${token}`)
      return spent && spent.expiresAt > room.clock.now() ? spent.value : null
    },
  }
}

/** Only what better-auth needs: whatever else a caller sends never reaches it. */
function toHeaders({ credential, facts, origin }: Exchange, cookie: SessionCookie): Headers {
  const headers = new Headers({ origin, 'user-agent': facts.userAgent, [addressHeader]: facts.address })
  if (credential.cookie) headers.set('cookie', cookie.renew(credential.cookie))
  return headers
}

async function readAnswer(response: Response, cookie: SessionCookie): Promise<IdentityAnswer> {
  const text = await response.text()
  const parsed: unknown = text === '' ? null : JSON.parse(text)
  const body = isRecord(parsed) ? parsed : { items: parsed }
  const code = typeof body['code'] === 'string' ? body['code'] : null
  if (response.status >= 500 && !refusals.has(code ?? '')) {
    throw new AppError('internal', { cause: new Error(`better-auth answered ${response.status} ${code}`) })
  }
  const cookies = response.headers.getSetCookie()
  return {
    isOk: response.ok,
    status: response.status,
    code,
    body,
    cookies,
    token: readToken(cookies, cookie),
  }
}

/** What better-auth answers as its own mistake and is our caller's: a passkey that proves nothing, a person who is a member nowhere. */
const refusals = new Set(['FAILED_TO_VERIFY_REGISTRATION', 'UNABLE_TO_CREATE_SESSION', 'FAILED_TO_CREATE_SESSION'])

/** The last line of a cookie wins, as in a browser; an emptied one is no token. */
function readToken(cookies: string[], cookie: SessionCookie): string | null {
  const pairs = cookies.map((line) => line.split(';')[0] ?? '').reverse()
  for (const pair of pairs) {
    const token = cookie.read(new Secret(pair))
    if (token) return token
  }
  return null
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
