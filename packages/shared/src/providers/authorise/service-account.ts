/** The members of a Google service account's JSON that an exchange needs. */
export interface ServiceAccount {
  projectId: string
  privateKeyId: string
  privateKey: string
  clientEmail: string
  tokenUri: string
}

/** Assertions go here and nowhere else, whatever the JSON says. */
export const googleTokenUrls: readonly string[] = [
  'https://oauth2.googleapis.com/token',
  'https://www.googleapis.com/oauth2/v4/token',
  'https://accounts.google.com/o/oauth2/token',
]

const members = ['project_id', 'private_key_id', 'private_key', 'client_email'] as const

export const looksLikeJson = (value: string): boolean => value.trimStart().startsWith('{')

/** The account, or why the text is none. The sentence never holds a part of it. */
export function readServiceAccount(text: string): ServiceAccount | { fault: string } {
  const json = parseObject(text)
  if (json === null) return { fault: 'is a JSON document cut short; copy the whole file' }
  if (json['type'] !== 'service_account') return { fault: 'is JSON, but not the key file of a service account' }
  const missing = members.find((name) => typeof json[name] !== 'string' || json[name] === '')
  if (missing) return { fault: `is the JSON of a service account without ${missing}; download it again` }
  const [projectId, privateKeyId, privateKey, clientEmail] = members.map((name) => String(json[name]))
  const tokenUri = json['token_uri'] ?? googleTokenUrls[0]
  if (typeof tokenUri !== 'string' || !googleTokenUrls.includes(tokenUri)) return { fault: "names a token address that is not Google's" }
  if (!/^[^@\s]+@[^@\s]+$/.test(clientEmail ?? '')) return { fault: 'holds a client_email that is no address; download it again' }
  if (readPrivateKey(privateKey ?? '') === null) return { fault: 'holds a private key that cannot be read; download it again' }
  return {
    projectId: projectId ?? '',
    privateKeyId: privateKeyId ?? '',
    privateKey: privateKey ?? '',
    clientEmail: clientEmail ?? '',
    tokenUri,
  }
}

const rsaObjectId = '2a864886f70d010101'

/** The PKCS#8 bytes of an RSA key in PEM; null for anything else, such as a key that lost its end. */
export function readPrivateKey(pem: string): Uint8Array<ArrayBuffer> | null {
  const [, base64] = /^-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/.exec(pem.trim()) ?? []
  const text = (base64 ?? '').replace(/\s/g, '')
  if (text === '' || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return null
  const der = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const head = Array.from(der.subarray(0, 32), (byte) => byte.toString(16).padStart(2, '0')).join('')
  const declared = 4 + (der[2] ?? 0) * 256 + (der[3] ?? 0)
  return head.startsWith('3082') && head.includes(rsaObjectId) && declared === der.length ? der : null
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.assign(Object.create(null), value) : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}
