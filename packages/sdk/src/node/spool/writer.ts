import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { CallRecord, Intent } from '../../ledger/record'
import type { SpoolPlace } from '../../ledger/spool'
import { SpoolFolder } from './folder'
import { header, type Line, toLine } from './lines'
import { nameFolder } from './owner'
import { Segment } from './segment'

interface OpenFile {
  segment: Segment
  descriptor: number
  /** Its last line was not written whole. */
  isTorn: boolean
}

const segmentBytes = 256 * 1024
const folderBytes = 64 * 1024 * 1024

/**
 * What this process writes: plain appends, which outlive it however it ends. Nothing is written before the first call. An intent that is
 * open when a file is full is written again in the next, so that no call under way holds an old file.
 */
export class SpoolWriter {
  readonly #directory: string
  readonly #intents = new Map<number, Intent>()
  #folder: SpoolFolder | null = null
  #current: OpenFile | null = null
  #lastNumber = 0
  #lastSegment = 0

  constructor(directory: string) {
    this.#directory = directory
  }

  get folder(): SpoolFolder | null {
    return this.#folder
  }

  writeIntent(intent: Intent): number {
    const number = ++this.#lastNumber
    this.#append(['i', number, intent])
    this.#intents.set(number, intent)
    return number
  }

  writeRecord(intent: number | null, record: CallRecord): SpoolPlace {
    const number = intent ?? ++this.#lastNumber
    this.#intents.delete(number)
    const segment = this.#append(['r', number, record])
    segment.open.add(number)
    return { segment, number }
  }

  forget(places: readonly SpoolPlace[]): void {
    const numbers = this.#folder?.forget(places) ?? []
    if (numbers.length === 0) return
    this.#append(['a', numbers])
    this.#folder?.prune(this.#current?.segment ?? null)
  }

  /** What is under way stays written: if nobody else says how it went, whoever comes next does. */
  close(): void {
    if (this.#current) closeSync(this.#current.descriptor)
    this.#folder?.release(this.#intents.size > 0 ? this.#current?.segment : null)
    this.#current = null
    this.#folder = null
  }

  #append(line: Line): Segment {
    const current = this.#current && this.#current.segment.bytes < segmentBytes ? this.#current : this.#openSegment()
    const text = toLine(line)
    if (this.#bytes() + text.length > folderBytes) throw new SpoolFull()
    writeWhole(current, text)
    return current.segment
  }

  #bytes(): number {
    return this.#folder?.segments.reduce((sum, { bytes }) => sum + bytes, 0) ?? 0
  }

  #openSegment(): OpenFile {
    this.#folder ??= this.#makeFolder()
    const segment = new Segment(join(this.#folder.path, `${String(this.#lastSegment + 1).padStart(8, '0')}.jsonl`))
    const next = { segment, descriptor: openSync(segment.path, 'wx', 0o600), isTorn: false }
    try {
      const intents = [...this.#intents].map(([number, intent]) => toLine(['i', number, intent]))
      writeWhole(next, [header, ...intents].join(''))
    } catch (error) {
      closeSync(next.descriptor)
      rmSync(segment.path, { force: true })
      throw error
    }
    this.#lastSegment++
    if (this.#current) closeSync(this.#current.descriptor)
    this.#current = next
    this.#folder.segments.push(segment)
    this.#folder.prune(segment)
    return next
  }

  #makeFolder(): SpoolFolder {
    const path = join(this.#directory, nameFolder())
    mkdirSync(path, { recursive: true, mode: 0o700 })
    return new SpoolFolder(path, [])
  }
}

/** The service has been away for so long that no more is kept. */
export class SpoolFull extends Error {
  override readonly name = 'SpoolFull'
}

/** A line that the disk took half of is closed before the next: a reader passes over it. */
function writeWhole(file: OpenFile, text: string): void {
  const whole = file.isTorn ? `\n${text}` : text
  file.isTorn = true
  const written = writeSync(file.descriptor, whole)
  file.segment.bytes += written
  if (written < Buffer.byteLength(whole)) throw new SpoolFull()
  file.isTorn = false
}
