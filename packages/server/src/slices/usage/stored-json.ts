/** Postgres takes no NUL in a text, and half of a surrogate pair is no text at all. */
const refused = /\\u(?:0000|d[89a-f])/

/** JSON that Postgres reads, whatever callers wrote into their texts. */
export function toStoredJson(value: unknown): string {
  const text = JSON.stringify(value)
  return refused.test(text)
    ? JSON.stringify(value, (_, part) => (typeof part === 'string' ? part.replaceAll('\0', '').toWellFormed() : part))
    : text
}
