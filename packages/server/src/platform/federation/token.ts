import type { RefusedCredential } from '../auth'

/** A token as its bearer wrote it: nothing in it is true before its signature is verified. */
export interface UnverifiedToken {
  algorithm: string
  claims: Readonly<Record<string, unknown>>
}

const shape = /^[\w-]+\.[\w-]+\.[\w-]*$/

/** Asymmetric ones alone: with a shared secret whoever verifies could sign, and a public key would pass for a secret. */
const algorithms = new Set(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'])

/** Three parts of base64url; the last is empty where nothing is signed. */
export const hasTokenShape = (text: string) => shape.test(text)

export function readToken(text: string): UnverifiedToken | RefusedCredential['refused'] {
  const [header, claims] = text.split('.', 2).map(readPart)
  if (!header || !claims) return 'malformed'
  const { alg: algorithm } = header
  if (typeof algorithm !== 'string' || !algorithms.has(algorithm)) return 'unsupported_algorithm'
  // An extension that must be understood, and none is.
  if (Object.hasOwn(header, 'crit')) return 'malformed'
  return { algorithm, claims }
}

function readPart(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url')))
    return isRecord(value) ? value : null
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null
    throw error
  }
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
