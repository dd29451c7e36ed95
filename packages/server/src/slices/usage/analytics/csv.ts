/** A spreadsheet runs a cell that begins with one of these; an apostrophe makes it text. */
const dangerous = /^[=+\-@\t\r]/
const special = /[",\r\n]/

/** One row of RFC 4180. Numbers stand as they are. */
export const toCsvRow = (cells: readonly unknown[]): string => `${cells.map(toCell).join(',')}\r\n`

function toCell(value: unknown): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : Array.isArray(value) ? value.join(' ') : JSON.stringify(value)
  const safe = dangerous.test(text) ? `'${text}` : text
  return special.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe
}
