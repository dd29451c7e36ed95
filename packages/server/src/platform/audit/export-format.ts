import { canonicalJson } from './canonical'
import { ExportRecord } from './export-record'

export type ExportFormat = 'csv' | 'json'

/** How records stand in a file: as lines of JSON, or as the rows of a table. */
export interface ExportCodec {
  /** What stands before the first record. */
  head: string
  encode(record: ExportRecord): string
  /** Null when the line is no record. */
  decode(line: string): ExportRecord | null
  /** Whether the text is a whole line, or goes on after its line break. */
  isWhole(line: string): boolean
}

const json: ExportCodec = {
  head: '',
  encode: (record) => `${JSON.stringify(record)}\n`,
  decode: (line) => toRecord(() => JSON.parse(line)),
  isWhole: () => true,
}

const numbers = ['checkpoint', 'index']
const values = ['before', 'after']
const columns = [
  ...['type', 'checkpoint', 'index', 'organizationId', 'id', 'occurredAt', 'actorKind', 'actorId', 'actorName', 'action', 'resourceKind'],
  ...['resourceId', 'requestId', 'before', 'after', 'address', 'userAgent', 'salt', 'addressCommitment', 'userAgentCommitment', 'digest'],
]

/** Entries fill the columns; what proves them stands as JSON in the last one. */
const csv: ExportCodec = {
  head: `${[...columns, 'record'].join(',')}\r\n`,
  encode(record) {
    const isEntry = record.type === 'entry' || record.type === 'stray'
    const fields = new Map<string, unknown>(Object.entries(isEntry ? record : { type: record.type }))
    const cells = columns.map((column) => toCell(column, fields.get(column)))
    return `${[...cells, isEntry ? '' : quote(JSON.stringify(record))].join(',')}\r\n`
  },
  decode: (line) => toRecord(() => readRow(line)),
  isWhole: (line) => (line.match(/"/g)?.length ?? 0) % 2 === 0,
}

export const exportCodecs: Record<ExportFormat, ExportCodec> = { csv, json }

function toRecord(read: () => unknown): ExportRecord | null {
  try {
    return ExportRecord.safeParse(read()).data ?? null
  } catch {
    return null
  }
}

function toCell(column: string, value: unknown): string {
  if (value === null || value === undefined) return ''
  if (numbers.includes(column)) return String(value)
  return quote(values.includes(column) ? canonicalJson(value) : String(value))
}

/** A spreadsheet runs a cell that begins with one of these; an apostrophe makes it text, and one is always taken off again. */
const quote = (text: string) => `"${(/^[=+\-@\t\r\n']/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`

const unquote = (cell: string) => cell.slice(1, -1).replaceAll('""', '"').replace(/^'/, '')

function readRow(line: string): unknown {
  const cells = line.replace(/\r$/, '').match(/(?<=^|,)(?:"(?:[^"]|"")*"|[^",]*)(?=,|$)/g) ?? []
  if (cells.length !== columns.length + 1) return null
  const record = cells.at(-1) ?? ''
  if (record !== '') return JSON.parse(unquote(record))
  const isStray = unquote(cells[0] ?? '') === 'stray'
  const shown = columns.map((column, at) => [column, readCell(column, cells[at] ?? '')] as const)
  return Object.fromEntries(shown.filter(([column]) => !(isStray && [...numbers, 'digest'].includes(column))))
}

function readCell(column: string, cell: string): unknown {
  if (cell === '') return null
  if (numbers.includes(column)) return Number(cell)
  return values.includes(column) ? JSON.parse(unquote(cell)) : unquote(cell)
}
