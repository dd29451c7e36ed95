import type { AwsCredentials } from './aws-signature'

const pair = /^((?:AKIA|ASIA)[A-Z0-9]{12,28}):([A-Za-z0-9/+=]{40})(?::([A-Za-z0-9/+=_-]{16,}))?$/

/** `ACCESS_KEY_ID:SECRET_ACCESS_KEY[:SESSION_TOKEN]`, or null for a key of another shape, such as a Bedrock API key. */
export function readAwsPair(value: string): AwsCredentials | null {
  const [, accessKeyId, secretAccessKey, sessionToken] = pair.exec(value) ?? []
  if (accessKeyId === undefined || secretAccessKey === undefined) return null
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken ?? null }
}

/** Why a text that looks like a pair is none; null for a good pair and for every other text. */
export function findPairFault(value: string): string | null {
  if (!/^(?:AKIA|ASIA)[A-Z0-9]+(?::|$)/.test(value)) return null
  const [accessKeyId = '', secret, token] = value.split(':')
  if (accessKeyId.endsWith('EXAMPLE')) return 'is a placeholder, not a key'
  if (readAwsPair(value)) return null
  if (secret === undefined) return 'is an access key ID alone; join it and its secret access key with a colon'
  if (!/^.{16,32}$/.test(accessKeyId)) return 'holds an access key ID of the wrong length; copy it again'
  if (!/^[A-Za-z0-9/+=]{40}$/.test(secret)) return 'holds a secret access key that is not 40 characters long; copy it again'
  return token === undefined ? 'is no pair of an AWS access key' : 'holds a session token that is cut short; copy it again'
}

/** A temporary access key is worth nothing without its session token. */
export const lacksSessionToken = (value: string): boolean => value.startsWith('ASIA') && readAwsPair(value)?.sessionToken === null
