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

const toCursor = (id: string) => Buffer.from(id).toString('base64url')

/** Takes one row more than asked for: its presence says that there is a next page. */
export function toPage<Item extends { id: string }>(items: Item[], limit: number, total: number) {
  const shown = items.slice(0, limit)
  const last = shown.at(-1)
  return { items: shown, nextCursor: items.length > limit && last ? toCursor(last.id) : null, total }
}
