import { closeSync, openSync, readdirSync, readSync, renameSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Intent } from '../../ledger/record'
import { toAssumedRecord } from './assumed'
import { SpoolFolder } from './folder'
import { isKnownFormat, readLines } from './lines'
import { isOwned, nameFolder } from './owner'
import { Segment } from './segment'

/** Takes over what dead processes left: their records, and their intents without a record as `assumed` ones. */
export async function recoverFolders(directory: string, onNewer: (folder: string) => void): Promise<SpoolFolder[]> {
  const found: SpoolFolder[] = []
  for (const name of listAbandoned(directory)) {
    const files = listSegments(join(directory, name))
    if (!files) continue
    if (!files.every((file) => isKnownFormat(readHead(join(directory, name, file))))) {
      onNewer(name)
      continue
    }
    const path = claim(directory, name)
    if (path) found.push(await readFolder(path, files))
  }
  return found
}

const listAbandoned = (directory: string): string[] => orNull(() => readdirSync(directory))?.filter((name) => isOwned(name) === false) ?? []

const listSegments = (path: string): string[] | null =>
  orNull(() => readdirSync(path))
    ?.filter((name) => /^\d{8}\.jsonl$/.test(name))
    .sort() ?? null

/** One process alone succeeds. */
function claim(directory: string, name: string): string | null {
  const path = join(directory, nameFolder())
  return orNull(() => {
    renameSync(join(directory, name), path)
    return path
  })
}

async function readFolder(path: string, files: readonly string[]): Promise<SpoolFolder> {
  const segments = files.map((file) => new Segment(join(path, file)))
  const intents = new Map<number, { intent: Intent; segment: Segment }>()
  const over = new Set<number>()
  for (const segment of segments) {
    for (const line of readLines(await readFile(segment.path, 'utf8'))) {
      if (line[0] === 'i') intents.set(line[1], { intent: line[2], segment })
      else if (line[0] === 'r') keep(segment, line[1])
      else for (const number of line[1]) over.add(number)
    }
  }
  for (const { open } of segments) for (const number of open) intents.delete(number)
  for (const [number, { intent, segment }] of intents) {
    segment.assumed.set(number, toAssumedRecord(intent))
    keep(segment, number)
  }
  for (const { open, left } of segments) {
    for (const number of over) if (open.delete(number)) left.delete(number)
  }
  return new SpoolFolder(path, segments)
}

function keep(segment: Segment, number: number): void {
  segment.open.add(number)
  segment.left.add(number)
}

function readHead(path: string): string {
  const bytes = Buffer.alloc(64)
  const descriptor = openSync(path, 'r')
  try {
    return bytes.toString('utf8', 0, readSync(descriptor, bytes, 0, bytes.byteLength, 0))
  } finally {
    closeSync(descriptor)
  }
}

/** What another process took or removed in the meantime is not there for us. */
function orNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
