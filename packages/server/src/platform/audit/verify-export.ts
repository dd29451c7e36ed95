import { createHash } from 'node:crypto'
import type { Anchors } from './anchor-file'
import { type Checkpoint, isSigned } from './checkpoint'
import { type ExportFormat, exportCodecs } from './export-format'
import type { ExportLine } from './export-lines'
import type { EndRecord, EntryRecord, ExportHeader, ExportRecord, LeafRecord, StrayRecord } from './export-record'
import { addLeaf, checkChain, checkEntry, checkSignature, closeCheckpoint, type OpenCheckpoint } from './verify-checkpoint'

export interface Verdict {
  findings: string[]
  organizationId: string | null
  checkpoints: number
  entries: number
  /** Entries that retention dropped: proven by their digest alone. */
  leaves: number
  strays: number
  retainedFrom: string | null
  anchored: number
  keys: Map<number, string>
}

interface Reading {
  verdict: Verdict
  anchors: Anchors | null
  header: ExportHeader | null
  open: OpenCheckpoint | null
  previous: Checkpoint | null
  firstNumber: number | null
  end: EndRecord | null
  roots: Map<number, string>
}

const maximumFindings = 1_000

/** Holds an export against itself and, if there are any, against anchors. It needs nothing but the two files. */
export async function verifyExport(lines: AsyncIterable<ExportLine>, anchors: Anchors | null): Promise<Verdict> {
  const reading = startReading(anchors)
  const hash = createHash('sha256')
  let format: ExportFormat | undefined
  for await (const line of lines) {
    format ??= line.text.startsWith('{') ? 'json' : 'csv'
    const isHead = line.number === 1 && format === 'csv'
    const record = isHead ? null : exportCodecs[format].decode(line.text)
    if (isHead && line.bytes.toString() !== exportCodecs.csv.head) report(reading, ['line 1: this is not the first line of an export'])
    else if (!isHead && record) readRecord(reading, record, line.number, () => hash.copy().digest('hex'))
    else if (!isHead) report(reading, [`line ${line.number}: it is not a line of an export`])
    // The digest covers what stands before the end; the end itself has one spelling.
    if (record?.type === 'end' && exportCodecs[format].encode(record) !== line.bytes.toString())
      report(reading, ['end: it is not as it was written'])
    hash.update(line.bytes)
  }
  finish(reading)
  return reading.verdict
}

function startReading(anchors: Anchors | null): Reading {
  const counts = { checkpoints: 0, entries: 0, leaves: 0, strays: 0, anchored: 0 }
  const findings = [...(anchors?.findings ?? [])]
  const verdict = { ...counts, findings, organizationId: null, retainedFrom: null, keys: new Map(anchors?.keys) }
  const places = { header: null, open: null, previous: null, firstNumber: null, end: null }
  return { verdict, anchors, ...places, roots: new Map() }
}

function report({ verdict }: Reading, findings: readonly string[]): void {
  if (verdict.findings.length < maximumFindings) verdict.findings.push(...findings)
}

function readRecord(reading: Reading, record: ExportRecord, line: number, digest: () => string): void {
  if (reading.end) report(reading, [`line ${line}: it stands after the end of the export`])
  else if ((record.type === 'export') !== (reading.header === null))
    report(reading, [`line ${line}: an export begins with its header, once`])
  else if (record.type === 'export') readHeader(reading, record)
  else if (record.type === 'checkpoint') openNext(reading, record)
  else if (record.type === 'end') readEnd(reading, record, digest())
  else readEntry(reading, record)
}

function readHeader(reading: Reading, header: ExportHeader): void {
  reading.header = header
  reading.verdict.organizationId = header.organizationId
  reading.verdict.retainedFrom = header.retainedFrom
}

function readEntry(reading: Reading, record: EntryRecord | LeafRecord | StrayRecord): void {
  const { verdict, header } = reading
  const organizationId = header?.organizationId ?? ''
  if (record.type === 'stray') {
    verdict.strays += 1
    report(reading, [`entry ${record.id}: it is in no checkpoint, so it was inserted or its proof was removed`])
  } else if (record.type === 'entry') {
    verdict.entries += 1
    report(reading, [...checkEntry(record, organizationId), ...addLeaf(reading.open, record, organizationId)])
  } else {
    verdict.leaves += 1
    const isDropped = record.occurredAt < (header?.retainedFrom ?? '')
    const place = `entry ${record.id} (checkpoint ${record.checkpoint}, index ${record.index})`
    report(reading, [...(isDropped ? [] : [`${place}: it was deleted`]), ...addLeaf(reading.open, record, organizationId)])
  }
}

function openNext(reading: Reading, record: Checkpoint): void {
  const { verdict, anchors, header } = reading
  closeOpen(reading)
  // Without anchors the file is held to the keys that it names, and to one key for each version.
  if (!anchors && !verdict.keys.has(record.keyVersion)) verdict.keys.set(record.keyVersion, record.publicKey)
  report(reading, checkSignature(record, verdict.keys.get(record.keyVersion)))
  report(reading, checkChain(record, reading.previous, (header?.from ?? null) !== null))
  if (header && record.organizationId !== header.organizationId) {
    report(reading, [`checkpoint ${record.number}: it belongs to another organization`])
  }
  verdict.checkpoints += 1
  reading.firstNumber ??= record.number
  reading.open = { checkpoint: record, leaves: [], nextIndex: 0 }
  if (anchors) reading.roots.set(record.number, record.root)
}

function closeOpen(reading: Reading): void {
  if (!reading.open) return
  report(reading, closeCheckpoint(reading.open))
  reading.previous = reading.open.checkpoint
  reading.open = null
}

function readEnd(reading: Reading, end: EndRecord, digest: string): void {
  const { verdict } = reading
  reading.end = end
  closeOpen(reading)
  if (!reading.anchors && !verdict.keys.has(end.keyVersion)) verdict.keys.set(end.keyVersion, end.publicKey)
  const key = verdict.keys.get(end.keyVersion)
  const statement = {
    checkpoints: end.checkpoints,
    entries: end.entries,
    leaves: end.leaves,
    strays: end.strays,
    digest: end.digest,
    keyVersion: end.keyVersion,
  }
  if (key === undefined || key !== end.publicKey || !isSigned(key, 'export', statement, end.signature)) {
    report(reading, ['end: the signature of the export does not belong to it'])
  }
  if (digest !== end.digest) report(reading, ['file: it is not as it was exported'])
  for (const kind of ['checkpoints', 'entries', 'leaves', 'strays'] as const) {
    if (verdict[kind] !== end[kind]) report(reading, [`file: it was exported with ${end[kind]} ${kind} and has ${verdict[kind]}`])
  }
}

function finish(reading: Reading): void {
  closeOpen(reading)
  const { header, firstNumber } = reading
  if (!reading.end) report(reading, ['file: it ends before the end of the export'])
  if (!header) report(reading, ['file: it has no header, so it is not a whole export'])
  if (!header) return
  const last = reading.previous?.number ?? null
  if (firstNumber !== header.firstCheckpoint || last !== header.lastCheckpoint) {
    const [exported, found] = [`${header.firstCheckpoint} to ${header.lastCheckpoint}`, `${firstNumber} to ${last}`]
    report(reading, [`file: it was exported with checkpoints ${exported} and has ${found}`])
  }
  if (reading.anchors) compareAnchors(reading, header, reading.anchors)
}

/** Every anchored root of this organization from the time of the export stands in it, unchanged. */
function compareAnchors(reading: Reading, header: ExportHeader, anchors: Anchors): void {
  const until = header.to ?? header.exportedAt
  for (const anchor of anchors.checkpoints) {
    if (anchor.organizationId !== header.organizationId) continue
    const root = reading.roots.get(anchor.number)
    const isInRange = anchor.createdAt >= (header.from ?? '') && anchor.createdAt < until
    if (root === anchor.root) reading.verdict.anchored += 1
    else if (root !== undefined) report(reading, [`checkpoint ${anchor.number}: its root is not the anchored one`])
    else if (isInRange) report(reading, [`checkpoint ${anchor.number}: it was anchored and is missing`])
  }
}
