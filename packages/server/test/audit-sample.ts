import { randomBytes } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import type { Anchors } from '../src/platform/audit/anchor-file'
import { type AuditSigner, type Checkpoint, createAuditSigner, firstPreviousRoot, signCheckpoint } from '../src/platform/audit/checkpoint'
import type { ExportFormat } from '../src/platform/audit/export-format'
import { readExportLines } from '../src/platform/audit/export-lines'
import type { EntryRecord, ExportHeader } from '../src/platform/audit/export-record'
import { type ExportItem, writeExport } from '../src/platform/audit/export-writer'
import { digestEntry, hashOf, toLeaf } from '../src/platform/audit/leaf'
import { computeRoot } from '../src/platform/audit/merkle'
import { type Verdict, verifyExport } from '../src/platform/audit/verify-export'
import { commitPersonal } from '../src/platform/personal'

export interface AuditSample {
  signer: AuditSigner
  header: ExportHeader
  items: ExportItem[]
  checkpoints: Checkpoint[]
}

const startMs = Date.parse('2026-11-21T10:00:00.000Z')
const timeAt = (second: number) => new Date(startMs + second * 1_000).toISOString()

/** What an export of an organization holds that has checkpoints of these sizes, and texts of every kind. */
export function createAuditSample(sizes: readonly number[], signer = createAuditSigner({ version: 1, key: randomBytes(32) })): AuditSample {
  const organizationId = newId('organization')
  const checkpoints: Checkpoint[] = []
  const items: ExportItem[] = []
  sizes.forEach((size, at) => {
    const number = at + 1
    const entries = Array.from({ length: size }, (_, index) => createEntry(organizationId, number, index))
    const root = computeRoot(entries.map((entry) => hashOf(organizationId, toLeaf(entry)))).toString('hex')
    const previousRoot = checkpoints.at(-1)?.root ?? firstPreviousRoot
    const checkpoint = signCheckpoint(signer, { organizationId, number, size, root, previousRoot, createdAt: timeAt(number) })
    checkpoints.push(checkpoint)
    items.push({ type: 'checkpoint', checkpoint }, ...entries)
  })
  const range = { from: null, to: null, exportedAt: timeAt(sizes.length + 1) }
  const numbers = { firstCheckpoint: sizes.length > 0 ? 1 : null, lastCheckpoint: sizes.length > 0 ? sizes.length : null }
  const header = { type: 'export', format: 'keylease-audit-1', organizationId, ...range, ...numbers, retainedFrom: timeAt(-1) } as const
  return { signer, header, items, checkpoints }
}

const actorNames = ['Ada Lovelace', '=1+1', "'quoted", '"Ada", she said', '+49 30', '@admin', 'two\nlines', '']

function createEntry(organizationId: string, checkpoint: number, index: number): EntryRecord {
  const personal = { address: '192.0.2.7', userAgent: index % 3 === 0 ? '' : `agent/${index}` }
  const { salt, address, userAgent } = commitPersonal(personal)
  const facts = {
    organizationId,
    id: newId('auditEntry'),
    occurredAt: timeAt(checkpoint - 1),
    actorKind: 'person',
    actorId: newId('member'),
    actorName: actorNames[index % actorNames.length] ?? '',
    action: 'project.updated',
    resourceKind: 'project',
    resourceId: newId('project'),
    requestId: newId('request'),
    before: index % 2 === 0 ? null : { name: `project ${index}`, tags: ['a', { z: 1, a: [true, null, 1.5] }] },
    after: index % 5 === 0 ? 'text' : { name: `project ${index + 1}`, count: index },
    addressCommitment: address.toString('hex'),
    userAgentCommitment: userAgent.toString('hex'),
  }
  return { type: 'entry', checkpoint, index, ...facts, ...personal, salt: salt.toString('hex'), digest: digestEntry(facts) }
}

export async function renderSample({ signer, header, items }: AuditSample, format: ExportFormat): Promise<string> {
  return (await Array.fromAsync(writeExport(format, signer, header, items))).join('')
}

export function verifyText(text: string | Buffer, anchors: Anchors | null = null): Promise<Verdict> {
  async function* chunks() {
    yield Buffer.from(text)
  }
  return verifyExport(readExportLines(chunks()), anchors)
}
