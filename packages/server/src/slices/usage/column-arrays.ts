/** Anything that would end an element of an array early, or be taken for something else. */
const special = /[{}",\\\s]|^$|^null$/i
/** Postgres takes no NUL in a text, and half of a surrogate pair is no text at all. */
const refused = /[\0\ud800-\udfff]/

type Row = Readonly<Record<string, unknown>>

/**
 * Rows as one array literal per column, null for a column that is null in all of them: reading sixty fields of each row from JSON costs
 * Postgres more than writing the row, and of sixty columns a call fills thirty.
 */
export function toColumnArrays(rows: readonly Row[], columns: readonly string[]): (string | null)[] {
  return columns.map((name) => {
    let text = ''
    let isFilled = false
    for (const row of rows) {
      const value = row[name] ?? null
      if (value !== null) isFilled = true
      text += `${text === '' ? '{' : ','}${value === null ? 'NULL' : encode(value)}`
    }
    return isFilled ? `${text}}` : null
  })
}

function encode(value: unknown): string {
  if (typeof value === 'string') return encodeText(value)
  if (Array.isArray(value)) return quote(`{${value.map((item) => (item === null ? 'NULL' : quote(toStoredText(String(item))))).join(',')}}`)
  return value instanceof Date ? value.toISOString() : String(value)
}

function encodeText(text: string): string {
  const stored = refused.test(text) ? toStoredText(text) : text
  return special.test(stored) ? quote(stored) : stored
}

const toStoredText = (text: string): string => text.replaceAll('\0', '').toWellFormed()

const quote = (text: string): string => `"${text.replace(/["\\]/g, '\\$&')}"`
