import { type ApiKeyOptions, placeholderKey, toApiKeyOptions } from './api-key'

export interface BedrockPlace {
  region: string
}

export interface BedrockOptions extends ApiKeyOptions, BedrockPlace {
  /** Constants: what they sign is thrown away, and signed with the leased key. */
  credentials: () => Promise<{ accessKeyId: string; secretAccessKey: string }>
  requestHandler: LeasedRequestHandler
}

/** What the AWS SDK sends requests with. A type and no interface, for its options take records only. */
type LeasedRequestHandler = {
  handle(request: AwsRequest, options?: { abortSignal?: unknown }): Promise<{ response: AwsResponse }>
  destroy(): void
}

interface AwsRequest {
  method: string
  protocol: string
  hostname: string
  port?: number | undefined
  path: string
  query?: Readonly<Record<string, string | readonly string[] | null>>
  headers: Readonly<Record<string, string>>
  body?: BodyInit | null
}

interface AwsResponse {
  statusCode: number
  reason: string
  headers: Record<string, string>
  body: ReadableStream<Uint8Array> | Blob
}

export const toBedrockOptions = (fetch: typeof globalThis.fetch, { region }: BedrockPlace): BedrockOptions => ({
  ...toApiKeyOptions(fetch),
  region,
  credentials: async () => ({ accessKeyId: placeholderKey, secretAccessKey: placeholderKey }),
  requestHandler: { handle: (request, options) => sendRequest(fetch, request, options?.abortSignal), destroy: () => undefined },
})

async function sendRequest(fetch: typeof globalThis.fetch, request: AwsRequest, abortSignal: unknown): Promise<{ response: AwsResponse }> {
  const { method, headers, body } = request
  const answer = await fetch(toUrl(request), {
    method,
    headers,
    body: body === undefined || body === '' || method === 'GET' || method === 'HEAD' ? null : body,
    signal: abortSignal instanceof AbortSignal ? abortSignal : null,
  })
  const { status, statusText } = answer
  const response = {
    statusCode: status,
    reason: statusText,
    headers: Object.fromEntries(answer.headers),
    body: answer.body ?? (await answer.blob()),
  }
  return { response }
}

function toUrl({ protocol, hostname, port, path, query = {} }: AwsRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`)
  for (const [name, value] of Object.entries(query)) for (const one of [value ?? ''].flat()) url.searchParams.append(name, one)
  return url.href
}
