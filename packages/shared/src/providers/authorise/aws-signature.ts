/** What of a request is signed. Headers have lower-case names; every one of them is signed. */
export interface SignableRequest {
  method: string
  url: URL
  headers: Readonly<Record<string, string>>
  body: Uint8Array<ArrayBuffer> | null
}

export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string | null
}

const encoder = new TextEncoder()

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
export async function createSignature(
  request: SignableRequest,
  scope: { region: string; service: string },
  credentials: AwsCredentials,
  at: Date,
): Promise<string> {
  const timestamp = toAmzDate(at)
  const place = [timestamp.slice(0, 8), scope.region, scope.service, 'aws4_request']
  const signedHeaders = Object.keys(request.headers).sort().join(';')
  const canonical = await canonicalise(request, signedHeaders)
  const text = ['AWS4-HMAC-SHA256', timestamp, place.join('/'), await hashHex(encoder.encode(canonical))].join('\n')
  let key: Uint8Array<ArrayBuffer> = encoder.encode(`AWS4${credentials.secretAccessKey}`)
  for (const part of place) key = await hmac(key, part)
  const signature = toHex(await hmac(key, text))
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${place.join('/')}, SignedHeaders=${signedHeaders}, Signature=${signature}`
}

export const toAmzDate = (at: Date): string => at.toISOString().replace(/[-:]|\.\d{3}/g, '')

export const hashHex = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))

/** Each segment encoded once: what is sent. The canonical path encodes that once more, as every service but S3 does. */
export const encodePath = (path: string): string => path.split('/').map(decodeSegment).map(encodeStrictly).join('/')

/** In the order of the canonical request, so that what is sent and what is signed are one text. */
export const encodeQuery = (parameters: URLSearchParams): string =>
  [...parameters]
    .map((pair) => pair.map(encodeStrictly))
    .sort(compareParameters)
    .map((pair) => pair.join('='))
    .join('&')

async function canonicalise({ method, url, headers, body }: SignableRequest, signedHeaders: string): Promise<string> {
  const path = url.pathname.split('/').map(encodeStrictly).join('/')
  const lines = Object.keys(headers)
    .sort()
    .map((name) => `${name}:${(headers[name] ?? '').trim().replace(/\s+/g, ' ')}`)
  const bodyHash = await hashHex(body ?? new Uint8Array())
  return [method, path, encodeQuery(url.searchParams), ...lines, '', signedHeaders, bodyHash].join('\n')
}

function compareParameters([name = '', value = '']: string[], [otherName = '', otherValue = '']: string[]): number {
  if (name !== otherName) return name < otherName ? -1 : 1
  return value < otherValue ? -1 : Number(value > otherValue)
}

/** RFC 3986: everything but letters, digits and `-._~`. */
const encodeStrictly = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch (error) {
    if (error instanceof URIError) return segment
    throw error
  }
}

async function hmac(key: Uint8Array<ArrayBuffer>, text: string): Promise<Uint8Array<ArrayBuffer>> {
  const imported = await crypto.subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
  return new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(text)))
}

const toHex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
