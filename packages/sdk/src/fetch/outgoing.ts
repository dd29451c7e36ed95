/** A request as it was asked for, with a body that can be sent again where that is possible. */
export interface Outgoing {
  method: string
  url: URL
  /** Under lower-case names. */
  headers: Record<string, string>
  /** Null: no body, or one that can be read once only. */
  bytes: Uint8Array<ArrayBuffer> | null
  /** A body that can be read once only. */
  stream: ReadableStream<Uint8Array> | null
  signal: AbortSignal | null
  /** What else the caller set, for whatever sends it. */
  rest: RequestInit
}

export async function toOutgoing(input: RequestInfo | URL, init: RequestInit = {}): Promise<Outgoing> {
  const { body, headers, method, signal, ...rest } = init
  const base = input instanceof Request ? input : null
  const outgoing = {
    method: (method ?? base?.method ?? 'GET').toUpperCase(),
    url: readUrl(base ? base.url : String(input)),
    headers: readHeaders(headers ?? base?.headers),
    signal: signal ?? base?.signal ?? null,
    rest: base ? { redirect: base.redirect, keepalive: base.keepalive, ...rest } : rest,
  }
  if (body instanceof ReadableStream) return { ...outgoing, bytes: null, stream: body }
  if (body !== undefined && body !== null) return { ...outgoing, bytes: await readBytes(body, outgoing.headers), stream: null }
  if (body === null || base === null || base.body === null) return { ...outgoing, bytes: null, stream: null }
  // A request hides what its body was made of: what is not a file by its type was whole in memory before.
  if (!isDocument(base.headers.get('content-type'))) return { ...outgoing, bytes: null, stream: base.body }
  return { ...outgoing, bytes: new Uint8Array(await base.arrayBuffer()), stream: null }
}

const urls = new Map<string, URL>()
const mostUrls = 256

/** Calls go to few addresses, which nobody changes. */
function readUrl(text: string): URL {
  const known = urls.get(text)
  if (known !== undefined) return known
  const url = new URL(text)
  if (urls.size >= mostUrls) urls.clear()
  urls.set(text, url)
  return url
}

function readHeaders(given: HeadersInit | undefined): Record<string, string> {
  const headers: Record<string, string> = {}
  const all = given instanceof Headers ? given : new Headers(given)
  all.forEach((value, name) => {
    headers[name] = value
  })
  return headers
}

const isDocument = (type: string | null): boolean =>
  type !== null && /^(?:text\/|multipart\/|application\/(?:[\w.+-]*json|x-www-form))/i.test(type)

const encoder = new TextEncoder()

/** As fetch would write it; a form brings its own content type with it. */
async function readBytes(body: Exclude<BodyInit, ReadableStream>, headers: Record<string, string>): Promise<Uint8Array<ArrayBuffer>> {
  if (typeof body === 'string') {
    headers['content-type'] ??= 'text/plain;charset=UTF-8'
    return encoder.encode(body)
  }
  const written = new Response(body)
  const type = written.headers.get('content-type')
  if (type !== null) headers['content-type'] ??= type
  return new Uint8Array(await written.arrayBuffer())
}
