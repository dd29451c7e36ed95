import type { AuthorisedRequest } from './authorised-request'
import { readAwsPair } from './aws-key'
import { createSignature, encodePath, encodeQuery, hashHex, toAmzDate } from './aws-signature'

/** A Bedrock API key is a bearer; an access key signs. https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html */
export async function authoriseAws(
  request: AuthorisedRequest,
  { region, service }: { region: string | null; service: string },
  key: string,
  at: Date,
): Promise<AuthorisedRequest> {
  const url = new URL(request.url)
  url.pathname = encodePath(url.pathname)
  url.search = encodeQuery(url.searchParams)
  const encoded = { ...request, url: url.href }
  const credentials = readAwsPair(key)
  if (credentials === null) return { ...encoded, headers: { ...request.headers, authorization: `Bearer ${key}` } }
  const place = region ?? readAwsRegion(url.hostname)
  if (place === null) throw new TypeError('a key without a region cannot sign')
  const token = credentials.sessionToken
  const stamp = { 'x-amz-date': toAmzDate(at), 'x-amz-content-sha256': await hashHex(request.body ?? new Uint8Array()) }
  const added = { ...stamp, ...(token === null ? {} : { 'x-amz-security-token': token }) }
  const contentType = request.headers['content-type']
  const signed = { host: url.host, ...added, ...(contentType === undefined ? {} : { 'content-type': contentType }) }
  const signature = await createSignature({ ...encoded, url, headers: signed }, { region: place, service }, credentials, at)
  return { ...encoded, headers: { ...request.headers, ...added, authorization: signature } }
}

const readAwsRegion = (host: string): string | null =>
  /\.([a-z]{2}(?:-[a-z]+)+-\d)\.(?:[a-z]+\.)?(?:amazonaws\.com|api\.aws)/.exec(host)?.[1] ?? null
