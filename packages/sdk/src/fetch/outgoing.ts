/** A request as it was asked for, with a body that can be sent again where that is possible. */
export class Outgoing {
  /** Null: no body, or one that can be read once only. */
  body: Uint8Array<ArrayBuffer> | string | null = null
  /** A body that can be read once only. */
  stream: ReadableStream<Uint8Array> | null = null

  constructor(
    readonly method: string,
    readonly url: URL,
    /** Under lower-case names. */
    readonly headers: Record<string, string>,
    readonly signal: AbortSignal | null,
    /** What else the caller set, for whatever sends it. */
    readonly rest: RequestInit,
  ) {}
}

/** At once where that can be: a promise costs a turn. */
export function toOutgoing(input: RequestInfo | URL, init: RequestInit = {}): Outgoing | Promise<Outgoing> {
  const { body, headers, method, signal, ...rest } = init
  const base = input instanceof Request ? input : null
  const outgoing = new Outgoing(
    (method ?? base?.method ?? 'GET').toUpperCase(),
    readUrl(base ? base.url : String(input)),
    readHeaders(headers ?? base?.headers),
    signal ?? base?.signal ?? null,
    base ? { redirect: base.redirect, keepalive: base.keepalive, ...rest } : rest,
  )
  if (typeof body === 'string') return withText(outgoing, body)
  if (body instanceof ReadableStream) outgoing.stream = body
  else if (body !== undefined && body !== null) return withBody(outgoing, body)
  // A request hides what its body was made of: what is not a file by its type was whole in memory before.
  else if (body === undefined && base?.body) {
    if (isDocument(base.headers.get('content-type'))) return withRequest(outgoing, base)
    outgoing.stream = base.body
  }
  return outgoing
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
  for (const [name, value] of all) headers[name] = value
  return headers
}

const isDocument = (type: string | null): boolean =>
  type !== null && /^(?:text\/|multipart\/|application\/(?:[\w.+-]*json|x-www-form))/i.test(type)

/** As fetch would write it. */
function withText(outgoing: Outgoing, body: string): Outgoing {
  outgoing.headers['content-type'] ??= 'text/plain;charset=UTF-8'
  outgoing.body = body
  return outgoing
}

/** A form brings its own content type with it. */
async function withBody(outgoing: Outgoing, body: Exclude<BodyInit, ReadableStream | string>): Promise<Outgoing> {
  const written = new Response(body)
  const type = written.headers.get('content-type')
  if (type !== null) outgoing.headers['content-type'] ??= type
  outgoing.body = new Uint8Array(await written.arrayBuffer())
  return outgoing
}

async function withRequest(outgoing: Outgoing, base: Request): Promise<Outgoing> {
  outgoing.body = new Uint8Array(await base.arrayBuffer())
  return outgoing
}
