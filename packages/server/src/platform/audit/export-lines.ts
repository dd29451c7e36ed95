import { type ExportFormat, exportCodecs } from './export-format'

/** A line of an export with the bytes it stands in; the head of a table is a line as well. */
export interface ExportLine {
  number: number
  text: string
  bytes: Buffer
}

const maximumLineBytes = 64 * 1024 * 1024

/** The lines of a file, never more than one in memory. A line break inside quotes does not end a row. */
export async function* readExportLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<ExportLine> {
  let format: ExportFormat | undefined
  let waiting: Buffer = Buffer.alloc(0)
  let number = 0
  for await (const line of splitLines(chunks)) {
    format ??= line[0] === 0x7b ? 'json' : 'csv'
    waiting = waiting.length === 0 ? line : Buffer.concat([waiting, line])
    const text = waiting.toString('utf8').replace(/\n$/, '')
    if (!exportCodecs[format].isWhole(text) && waiting.length < maximumLineBytes) continue
    number += 1
    yield { number, text, bytes: waiting }
    waiting = Buffer.alloc(0)
  }
  if (waiting.length > 0) yield { number: number + 1, text: waiting.toString('utf8'), bytes: waiting }
}

async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let parts: Buffer[] = []
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...parts, chunk.subarray(start, end + 1)])
      parts = []
      start = end + 1
    }
    if (start < chunk.length) parts.push(chunk.subarray(start))
  }
  if (parts.length > 0) yield Buffer.concat(parts)
}
