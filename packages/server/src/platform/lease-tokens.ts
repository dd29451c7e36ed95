import { idPrefixes } from '@keylease/shared/ids'
import { Secret } from '@keylease/shared/secret'
import type { Keyring } from './keyring'

/** What a lease token says. Whoever holds it holds the lease, at the gateway alone. */
export interface LeaseClaims {
  leaseId: string
  organizationId: string
  projectId: string
  agentId: string
  keyId: string
  keyVersionId: string
  grantId: string
  /** The platform key or the trust rule that the lease was issued to. */
  holderId: string
  /** Milliseconds of database time. */
  issuedAt: number
  expiresAt: number
}

export interface LeaseTokens {
  sign(claims: LeaseClaims): Secret
  /** Only that it is ours and whole: whether it is still alive is asked of the clock and the revocations. */
  read(token: string): LeaseClaims | null
}

const prefix = 'kll_'
const idLength = 26
const timeLength = 9
const parts = ['lease', 'organization', 'project', 'agent', 'providerKey', 'keyVersion', 'grant'] as const
const holders = { p: idPrefixes.platformKey, t: idPrefixes.trustRule } as const
const bodyLength = parts.length * idLength + 1 + idLength + 2 * timeLength
const shape = new RegExp(`^(kll_([1-9]\\d{0,5})\\.[0-9a-z]{${bodyLength}})([A-Za-z0-9_-]{42}[AEIMQUYcgkosw048])$`)

/** `kll_` key version `.` ids without their prefixes, at fixed places, times in base 36, HMAC-SHA-256. */
export function createLeaseTokens(keyring: Keyring): LeaseTokens {
  return {
    sign(claims) {
      const { version } = keyring.current('lease-token')
      const text = `${prefix}${version}.${toBody(claims)}`
      return new Secret(text + keyring.hash('lease-token', text).hash.toString('base64url'))
    },
    read(token) {
      const [, text = '', version = '', mac = ''] = shape.exec(token) ?? []
      if (text === '' || !keyring.verify('lease-token', Number(version), text, Buffer.from(mac, 'base64url'))) return null
      return toClaims(text.slice(prefix.length + version.length + 1))
    },
  }
}

function toBody(claims: LeaseClaims): string {
  const { leaseId, organizationId, projectId, agentId, keyId, keyVersionId, grantId, holderId, issuedAt, expiresAt } = claims
  const ids = [leaseId, organizationId, projectId, agentId, keyId, keyVersionId, grantId].map((id) => id.slice(-idLength))
  const kind = holderId.startsWith(`${holders.t}_`) ? 't' : 'p'
  const times = [issuedAt, expiresAt].map((time) => time.toString(36).padStart(timeLength, '0'))
  return [...ids, kind, holderId.slice(-idLength), ...times].join('')
}

function toClaims(body: string): LeaseClaims {
  const idAt = (index: number) => `${idPrefixes[parts[index] ?? 'lease']}_${body.slice(index * idLength, (index + 1) * idLength)}`
  const holderAt = parts.length * idLength
  const timeAt = holderAt + 1 + idLength
  return {
    leaseId: idAt(0),
    organizationId: idAt(1),
    projectId: idAt(2),
    agentId: idAt(3),
    keyId: idAt(4),
    keyVersionId: idAt(5),
    grantId: idAt(6),
    holderId: `${body[holderAt] === 't' ? holders.t : holders.p}_${body.slice(holderAt + 1, timeAt)}`,
    issuedAt: Number.parseInt(body.slice(timeAt, timeAt + timeLength), 36),
    expiresAt: Number.parseInt(body.slice(timeAt + timeLength), 36),
  }
}
