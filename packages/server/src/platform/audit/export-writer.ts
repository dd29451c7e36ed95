import { createHash } from 'node:crypto'
import type { AuditSigner, Checkpoint } from './checkpoint'
import { type ExportFormat, exportCodecs } from './export-format'
import type { EntryRecord, ExportHeader, ExportRecord, LeafRecord, StrayRecord } from './export-record'

export type ExportItem = { type: 'checkpoint'; checkpoint: Checkpoint } | EntryRecord | LeafRecord | StrayRecord

/** The text of an export, piece by piece; its last record signs every byte before it. */
export async function* writeExport(
  format: ExportFormat,
  signer: AuditSigner,
  header: ExportHeader,
  items: AsyncIterable<ExportItem> | Iterable<ExportItem>,
): AsyncGenerator<string> {
  const codec = exportCodecs[format]
  const hash = createHash('sha256')
  const counts = { checkpoints: 0, entries: 0, leaves: 0, strays: 0 }
  const counterOf = { checkpoint: 'checkpoints', entry: 'entries', leaf: 'leaves', stray: 'strays' } as const
  const hashed = (text: string) => {
    hash.update(text)
    return text
  }

  yield hashed(codec.head + codec.encode(header))
  for await (const item of items) {
    counts[counterOf[item.type]] += 1
    yield hashed(codec.encode(toRecord(item)))
  }
  const statement = { ...counts, digest: hash.digest('hex'), keyVersion: signer.keyVersion }
  const signature = signer.sign('export', statement)
  yield codec.encode({ type: 'end', ...statement, publicKey: signer.publicKey, signature })
}

const toRecord = (item: ExportItem): ExportRecord => (item.type === 'checkpoint' ? { type: 'checkpoint', ...item.checkpoint } : item)
