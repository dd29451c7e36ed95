const openHeaders: ReadonlySet<string> = new Set(['content-type', 'authorization', 'content-encoding', 'traceparent', 'tracestate'])
const ownHeader = /^x-[a-z0-9-]{1,60}$/
const preflightSeconds = 7_200

/** What a browser hears that reports from pages of another origin; nothing, unless the operator named that origin. */
export function answerOrigin(allowed: readonly string[], origin: string | undefined): Record<string, string> {
  if (allowed.length === 0) return {}
  const isOpen = allowed.includes('*')
  const vary = isOpen ? {} : { vary: 'Origin' }
  if (origin === undefined || !(isOpen || allowed.includes(origin))) return vary
  return {
    ...vary,
    'access-control-allow-origin': isOpen ? '*' : origin,
    'access-control-expose-headers': 'retry-after, x-request-id',
  }
}

/** The answer to what a browser asks before it sends: the method of the route, and such of the headers as may come. */
export function answerPreflight(requestedHeaders: string | undefined): Record<string, string> {
  const names = (requestedHeaders ?? '').split(',').map((name) => name.trim().toLowerCase())
  return {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': [...new Set(names.filter((name) => openHeaders.has(name) || ownHeader.test(name)))].join(', '),
    'access-control-max-age': String(preflightSeconds),
  }
}
