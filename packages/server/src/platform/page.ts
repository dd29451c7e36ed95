import { type IdKind, isId } from '@keylease/shared/ids'
import { AppError } from './errors'

/** Totals are exact to here and stay here. */
export const countLimit = 10_000

/** A cursor is the last id of the page before, wrapped so that nobody builds on its shape. */
export function readCursor(kind: IdKind, cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const id = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!isId(kind, id) || toCursor(id) !== cursor) throw new AppError('invalid_cursor')
  return id
}

/** The same where ids are words that people choose. */
export function readWordCursor(cursor: string | undefined): string | null {
  if (cursor === undefined) return null
  const word = Buffer.from(cursor, 'base64url').toString('utf8')
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(word) || toCursor(word) !== cursor) throw new AppError('invalid_cursor')
  return word
}

const toCursor = (id: string) => Buffer.from(id).toString('base64url')

/** Takes one row more than asked for: its presence says that there is a next page. */
export function toPage<Item extends { id: string }>(items: Item[], limit: number, total: number) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, nextCursor: items.length > limit && last ? toCursor(last.id) : null, total }
}

/** The same for a list whose order is not that of its ids: the cursor is the key of the last item, of the shape given. */
export function readKeyCursor(shape: RegExp, cursor: string | undefined): string[] | null {
  if (cursor === undefined) return null
  const key = Buffer.from(cursor, 'base64url').toString('utf8')
  const parts = shape.exec(key)
  if (!parts || toCursor(key) !== cursor) throw new AppError('invalid_cursor')
  return parts.slice(1)
}

export function toKeyPage<Item>(items: Item[], limit: number, total: number, keyOf: (item: Item) => string) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, nextCursor: items.length > limit && last ? toCursor(keyOf(last)) : null, total: Math.min(total, countLimit) }
}
