import { mostNumericBytes, type PowerCounts, writeNumeric } from './binary-numeric'

interface Values {
  text: string
  /** As hex digits. */
  bytea: string
  boolean: boolean
  integer: number
  bigint: number | bigint
  numeric: PowerCounts
  'double precision': number
  timestamptz: Date
}
type ElementType = keyof Values

/** One column of many rows: its type in the database, and its value in a row. */
export type ArrayColumn<Row> = {
  [Type in ElementType]: { type: Type; read: (row: Row) => Values[Type] | null }
}[ElementType]

interface Kind<Value> {
  oid: number
  /** How many bytes a value takes at most. */
  most: (value: Value) => number
  /** Writes it, and tells where it ends. */
  write: (bytes: Buffer, at: number, value: Value) => number
}

const kinds: { readonly [Type in ElementType]: Kind<Values[Type]> } = {
  text: { oid: 25, most: (text) => text.length * 3, write: writeText },
  bytea: { oid: 17, most: (hex) => hex.length / 2, write: writeHex },
  boolean: { oid: 16, most: () => 1, write: (bytes, at, is) => bytes.writeUInt8(is ? 1 : 0, at) },
  integer: { oid: 23, most: () => 4, write: (bytes, at, number) => bytes.writeInt32BE(wholeOf(number), at) },
  bigint: { oid: 20, most: () => 8, write: writeInt64 },
  numeric: { oid: 1700, most: mostNumericBytes, write: writeNumeric },
  'double precision': { oid: 701, most: () => 8, write: (bytes, at, number) => bytes.writeDoubleBE(number, at) },
  timestamptz: { oid: 1184, most: () => 8, write: (bytes, at, date) => writeInt64(bytes, at, (date.getTime() - epochMs) * 1_000) },
}

/** Where Postgres begins to count microseconds. */
const epochMs = Date.UTC(2000, 0, 1)
const headerBytes = 20
const startBytes = 64 * 1024
const noValue = -1

/**
 * Rows of a statement from such arrays, whose parameters begin with this number. As a function in FROM, each array would be laid down
 * once more before it is read.
 */
export function selectArrays(first: number, names: readonly string[], columns: readonly { type: ElementType }[]): string {
  return `(SELECT ${columns.map(({ type }, i) => `unnest($${first + i}::${type}[]) AS ${names[i]}`).join(', ')})`
}

/**
 * One array parameter per column in Postgres' binary form, null for a column that is null in every row: reading text costs Postgres more
 * than writing the rows, and making text costs this process more than all that it knows of them.
 */
export function toBinaryArrays<Row>(rows: readonly Row[], columns: readonly ArrayColumn<Row>[]): (Buffer | null)[] {
  const room: Room = { bytes: Buffer.allocUnsafe(startBytes), at: 0 }
  return columns.map((column) => writeColumn(room, rows, column))
}

/** Memory that columns are written into one after the other. */
interface Room {
  bytes: Buffer
  at: number
}

function writeColumn<Row>(room: Room, rows: readonly Row[], { type, read }: ArrayColumn<Row>): Buffer | null {
  const { oid, most, write } = kinds[type] as Kind<unknown>
  let start = room.at
  let isFilled = false
  const reserve = (count: number) => {
    if (room.at + count <= room.bytes.byteLength) return
    const bytes = Buffer.allocUnsafe(Math.max(room.bytes.byteLength, (room.at - start + count) * 2))
    room.bytes.copy(bytes, 0, start, room.at)
    room.bytes = bytes
    room.at -= start
    start = 0
  }
  reserve(headerBytes)
  room.at += headerBytes
  for (const row of rows) {
    const value: unknown = read(row)
    if (value === null) {
      reserve(4)
      room.at = room.bytes.writeInt32BE(noValue, room.at)
      continue
    }
    isFilled = true
    reserve(4 + most(value))
    const end = write(room.bytes, room.at + 4, value)
    room.bytes.writeInt32BE(end - room.at - 4, room.at)
    room.at = end
  }
  if (!isFilled) room.at = start
  return isFilled ? finishColumn(room, start, oid, rows.length) : null
}

/** One dimension, perhaps with nulls, so many elements, counted from one. */
function finishColumn({ bytes, at }: Room, start: number, oid: number, count: number): Buffer {
  for (const [i, word] of [1, 1, oid, count, 1].entries()) bytes.writeInt32BE(word, start + i * 4)
  return bytes.subarray(start, at)
}

/** Most texts are short and plain: for them a loop is faster than a call of the encoder. */
const shortText = 48

/** Postgres takes no NUL in a text; half of a surrogate pair is written as the sign for what is no character. */
function writeText(bytes: Buffer, at: number, text: string): number {
  if (text.length > shortText) return at + bytes.write(text.includes('\0') ? text.replaceAll('\0', '') : text, at, 'utf8')
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0 || code > 0x7f) return at + bytes.write(text.replaceAll('\0', ''), at, 'utf8')
    bytes[at + i] = code
  }
  return at + text.length
}

/** A buffer takes as much of it as it can read, and says nothing of the rest. */
function writeHex(bytes: Buffer, at: number, hex: string): number {
  const written = bytes.write(hex, at, 'hex')
  if (written * 2 !== hex.length) throw new RangeError('what should be bytes is not written in hex digits')
  return at + written
}

/** It would cut a fraction off as quietly. */
function wholeOf(value: number): number {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is not a whole number that a column could hold exactly`)
  return value
}

function writeInt64(bytes: Buffer, at: number, value: number | bigint): number {
  if (typeof value === 'bigint') return bytes.writeBigInt64BE(value, at)
  const high = Math.floor(wholeOf(value) / 2 ** 32)
  bytes.writeInt32BE(high, at)
  return bytes.writeUInt32BE(value - high * 2 ** 32, at + 4)
}

/** One array of binary values, of hex texts; null for none. */
export const toByteaArray = (list: readonly string[]): Buffer | null =>
  toBinaryArrays(list, [{ type: 'bytea', read: (hex) => hex }])[0] ?? null
