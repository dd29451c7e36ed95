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
  /** How many bytes a value takes at most; all of them where that is a number. */
  most: number | ((value: Value) => number)
  /** Writes it, and tells where it ends. */
  write: (room: Room, at: number, value: Value) => number
}

const kinds: { readonly [Type in ElementType]: Kind<Values[Type]> } = {
  text: { oid: 25, most: (text) => text.length * 3, write: writeText },
  bytea: { oid: 17, most: (hex) => hex.length / 2, write: writeHex },
  boolean: { oid: 16, most: 1, write: writeBoolean },
  integer: { oid: 23, most: 4, write: writeInt32 },
  bigint: { oid: 20, most: 8, write: writeInt64 },
  numeric: { oid: 1700, most: mostNumericBytes, write: ({ bytes }, at, counts) => writeNumeric(bytes, at, counts) },
  'double precision': { oid: 701, most: 8, write: writeDouble },
  timestamptz: { oid: 1184, most: 8, write: (room, at, date) => writeInt64(room, at, (date.getTime() - epochMs) * 1_000) },
}

/** Where Postgres begins to count microseconds. */
const epochMs = Date.UTC(2000, 0, 1)
const headerBytes = 20
const lengthBytes = 4
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
  const room = createRoom(startBytes)
  return columns.map((column) => writeColumn(room, rows, column))
}

/** Memory that columns are written into one after the other. The view writes numbers as the engine does, without a call. */
interface Room {
  bytes: Buffer
  view: DataView
  at: number
}

const createRoom = (size: number): Room => toRoom(Buffer.allocUnsafe(size))

const toRoom = (bytes: Buffer): Room => ({ bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 })

function writeColumn<Row>(room: Room, rows: readonly Row[], { type, read }: ArrayColumn<Row>): Buffer | null {
  const { oid, most, write } = kinds[type] as Kind<unknown>
  const length = typeof most === 'number' ? most : 0
  let start = room.at
  let isFilled = false
  const reserve = (count: number) => {
    if (room.at + count <= room.bytes.byteLength) return
    const larger = createRoom(Math.max(room.bytes.byteLength, (room.at - start + count) * 2))
    room.bytes.copy(larger.bytes, 0, start, room.at)
    Object.assign(room, { ...larger, at: room.at - start })
    start = 0
  }
  reserve(headerBytes + rows.length * (lengthBytes + length))
  room.at += headerBytes
  let left = rows.length * lengthBytes
  for (const row of rows) {
    const value: unknown = read(row)
    let end = room.at + lengthBytes
    if (value !== null) {
      isFilled = true
      if (typeof most === 'function') {
        reserve(left + most(value))
        end = room.at + lengthBytes
      }
      end = write(room, end, value)
    }
    room.view.setInt32(room.at, value === null ? noValue : end - room.at - lengthBytes)
    room.at = end
    left -= lengthBytes
  }
  if (!isFilled) room.at = start
  return isFilled ? finishColumn(room, start, oid, rows.length) : null
}

/** One dimension, perhaps with nulls, so many elements, counted from one. */
function finishColumn({ bytes, view, at }: Room, start: number, oid: number, count: number): Buffer {
  for (const [i, word] of [1, 1, oid, count, 1].entries()) view.setInt32(start + i * 4, word)
  return bytes.subarray(start, at)
}

/** Most texts are short and plain: for them a loop is faster than a call of the encoder. */
const shortText = 48

/** Postgres takes no NUL in a text; half of a surrogate pair is written as the sign for what is no character. */
function writeText({ bytes }: Room, at: number, text: string): number {
  if (text.length > shortText) return at + bytes.write(text.includes('\0') ? text.replaceAll('\0', '') : text, at, 'utf8')
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === 0 || code > 0x7f) return at + bytes.write(text.replaceAll('\0', ''), at, 'utf8')
    bytes[at + i] = code
  }
  return at + text.length
}

/** What a hex digit stands for, by its code; below zero for what is none. */
const digits = Int8Array.from({ length: 128 }, (_, code) => '0123456789abcdef'.indexOf(String.fromCharCode(code).toLowerCase()))
const digitOf = (hex: string, at: number): number => digits[hex.charCodeAt(at)] ?? noDigit
const noDigit = -1

function writeHex({ bytes }: Room, at: number, hex: string): number {
  for (let i = 0; i < hex.length; i += 2) {
    const byte = (digitOf(hex, i) << 4) | digitOf(hex, i + 1)
    if (byte < 0) throw new RangeError('what should be bytes is not written in hex digits')
    bytes[at + i / 2] = byte
  }
  return at + hex.length / 2
}

function writeBoolean({ bytes }: Room, at: number, is: boolean): number {
  bytes[at] = is ? 1 : 0
  return at + 1
}

function writeDouble({ view }: Room, at: number, value: number): number {
  view.setFloat64(at, value)
  return at + 8
}

const notWhole = (value: number) => new RangeError(`${value} is not a whole number that a column could hold exactly`)

/** A view would cut off what does not fit, and say nothing of it. */
function writeInt32({ view }: Room, at: number, value: number): number {
  if ((value | 0) !== value) throw notWhole(value)
  view.setInt32(at, value)
  return at + 4
}

function writeInt64({ bytes, view }: Room, at: number, value: number | bigint): number {
  const near = Number(value)
  if (!Number.isSafeInteger(near)) {
    if (typeof value === 'bigint') return bytes.writeBigInt64BE(value, at)
    throw notWhole(value)
  }
  const high = Math.floor(near / 2 ** 32)
  view.setInt32(at, high)
  view.setUint32(at + 4, near - high * 2 ** 32)
  return at + 8
}

/** One array of binary values, of hex texts; null for none. */
export const toByteaArray = (list: readonly string[]): Buffer | null =>
  toBinaryArrays(list, [{ type: 'bytea', read: (hex) => hex }])[0] ?? null
