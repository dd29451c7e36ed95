/** What fetch accepts where nobody says what. */
export const anything = '*/*'

export function withoutPlaceholders(given: Readonly<Record<string, string>>): Record<string, string> {
  const headers: Record<string, string> = { accept: anything }
  for (const name in given) if (!placeholders.has(name)) headers[name] = given[name] ?? ''
  return headers
}

/** Where clients put their key: what they were made with is a placeholder. */
export const placeholders: ReadonlySet<string> = new Set([
  'authorization',
  'x-api-key',
  'api-key',
  'x-goog-api-key',
  'x-amz-date',
  'x-amz-content-sha256',
  'x-amz-security-token',
  'host',
  'content-length',
])
