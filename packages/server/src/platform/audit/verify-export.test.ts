import { randomBytes, randomInt } from 'node:crypto'
import { newId } from '@keylease/shared/ids'
import { describe, expect, it } from 'vitest'
import { type AuditSample, createAuditSample, renderSample, verifyText } from '../../../test/audit-sample'
import { testSize } from '../../../test/size'
import { readAnchors } from './anchor-file'
import { createAuditSigner } from './checkpoint'
import type { EntryRecord } from './export-record'
import type { ExportItem } from './export-writer'
import { digestEntry, hashOf } from './leaf'

const sizes = [3, 1, 8, 5]
const formats = ['json', 'csv'] as const
const pick = <T>(list: readonly T[]): T => list[randomInt(list.length)] as T // the lists of this test are never empty

async function anchorsOf(sample: AuditSample) {
  async function* lines() {
    for (const checkpoint of sample.checkpoints) yield JSON.stringify(checkpoint)
  }
  return readAnchors(lines())
}

describe.each(formats)('an export as %s', (format) => {
  it('is verified as it was written, whatever its texts hold', async () => {
    const sample = createAuditSample(sizes)
    const verdict = await verifyText(await renderSample(sample, format), await anchorsOf(sample))
    expect(verdict).toMatchObject({ findings: [], checkpoints: 4, entries: 17, anchored: 4 })
    expect((await verifyText(await renderSample(createAuditSample([]), format))).findings).toEqual([])
  })

  it('is not verified once a byte of it was changed, added or taken away', async () => {
    const whole = Buffer.from(await renderSample(createAuditSample(sizes), format))
    for (let run = 0; run < testSize(500, 5_000); run++) {
      const at = randomInt(whole.length)
      const flipped = Buffer.from(whole)
      flipped.writeUInt8(whole.readUInt8(at) ^ (1 << randomInt(8)), at)
      const tampered = pick([flipped, whole.subarray(0, at), Buffer.concat([whole.subarray(0, at), randomBytes(1), whole.subarray(at)])])
      expect((await verifyText(tampered)).findings, `${run} at ${at}`).not.toEqual([])
    }
  })
})

/** What somebody who owns the database could do before an export: the file is signed over what is left. */
const tampers: Record<string, (items: ExportItem[], entries: EntryRecord[]) => ExportItem[]> = {
  edit: (items, entries) => replace(items, pick(entries), (entry) => ({ ...entry, [pick(texts)]: randomBytes(16).toString('hex') })),
  'edit of what was before': (items, entries) =>
    replace(items, pick(entries), (entry) => ({ ...entry, before: { name: randomBytes(8).toString('hex') } })),
  'edit with a new digest': (items, entries) =>
    replace(items, pick(entries), (entry) => {
      const edited = { ...entry, action: 'project.viewed' }
      return { ...edited, digest: digestEntry(edited) }
    }),
  'edit of the time': (items, entries) => replace(items, pick(entries), (entry) => ({ ...entry, occurredAt: '2026-01-01T00:00:00.000Z' })),
  'edit of the address': (items, entries) => replace(items, pick(entries), (entry) => ({ ...entry, address: '198.51.100.1' })),
  insertion: (items, entries) => {
    const at = randomInt(1, items.length + 1)
    const model = pick(entries)
    const forged = { ...model, id: newId('auditEntry') }
    return items.toSpliced(at, 0, { ...forged, digest: digestEntry(forged) })
  },
  repetition: (items, entries) => items.toSpliced(randomInt(1, items.length + 1), 0, pick(entries)),
  deletion: (items, entries) => items.filter((item) => item !== pickOnce(entries)),
  'deletion with renumbering': (items, entries) => {
    const gone = pickOnce(entries)
    return items
      .filter((item) => item !== gone)
      .map((item) =>
        item.type === 'entry' && item.checkpoint === gone.checkpoint && item.index > gone.index ? { ...item, index: item.index - 1 } : item,
      )
  },
  'deletion that leaves the leaf': (items, entries) =>
    replace(items, pick(entries), ({ checkpoint, index, id, occurredAt, digest }) => ({
      type: 'leaf',
      checkpoint,
      index,
      id,
      occurredAt,
      digest,
    })),
  reordering: (items, entries) => {
    const mates = entries.filter((entry) => entry.checkpoint !== 2)
    const first = pick(mates)
    const second = pick(mates.filter((entry) => entry.checkpoint === first.checkpoint && entry !== first))
    const swapped = (item: ExportItem) =>
      item === first ? { ...second, index: first.index } : item === second ? { ...first, index: second.index } : item
    return items.map(swapped)
  },
  'swap of tenant': (items, entries) => replace(items, pick(entries), (entry) => ({ ...entry, organizationId: newId('organization') })),
  'swap of tenant with a new digest': (items, entries) =>
    replace(items, pick(entries), (entry) => {
      const moved = { ...entry, organizationId: newId('organization') }
      return { ...moved, digest: digestEntry(moved) }
    }),
  'removal of a checkpoint': (items) => {
    const number = randomInt(1, sizes.length)
    return items.filter((item) => numberOf(item) !== number)
  },
  'edit of a checkpoint': (items) =>
    items.map((item) =>
      item.type === 'checkpoint' && item.checkpoint.number === 3
        ? {
            ...item,
            checkpoint: { ...item.checkpoint, ...pick([{ size: 7 }, { root: '0'.repeat(64) }, { createdAt: '2026-01-01T00:00:00.000Z' }]) },
          }
        : item,
    ),
  'a stray entry': (items, entries) => {
    const { type: _, checkpoint: __, index: ___, digest: ____, ...facts } = pick(entries)
    return [...items, { type: 'stray', ...facts, id: newId('auditEntry') }]
  },
}

const texts = ['id', 'actorKind', 'actorId', 'actorName', 'action', 'resourceKind', 'resourceId', 'requestId'] as const
const numberOf = (item: ExportItem) => (item.type === 'checkpoint' ? item.checkpoint.number : item.type === 'stray' ? 0 : item.checkpoint)
let picked: EntryRecord | undefined
const pickOnce = (entries: EntryRecord[]) => {
  picked ??= pick(entries)
  return picked
}

function replace(items: ExportItem[], entry: EntryRecord, change: (entry: EntryRecord) => ExportItem): ExportItem[] {
  return items.map((item) => (item === entry ? change(entry) : item))
}

it('every tamper that somebody who owns the database can do is found, and named', async () => {
  const sample = createAuditSample(sizes)
  const entries = sample.items.filter((item) => item.type === 'entry')
  const names = Object.keys(tampers)
  const runs = testSize(1_000, 10_000)
  for (let run = 0; run < runs; run++) {
    const name = names[run % names.length] ?? ''
    picked = undefined
    const items = tampers[name]?.(sample.items, entries) ?? []
    const { findings } = await verifyText(await renderSample({ ...sample, items }, formats[run % 2] ?? 'json'))
    expect(findings.length, name).toBeGreaterThan(0)
    expect(findings.join('\n'), name).toMatch(/checkpoint \d|entry aud_/)
  }
})

it('a leaf of one organization is none of another', () => {
  const leaf = { entryId: newId('auditEntry'), occurredAt: '2026-11-21T10:00:00.000Z', digest: '0'.repeat(64) }
  expect(hashOf(newId('organization'), leaf)).not.toEqual(hashOf(newId('organization'), leaf))
})

it('an end that was cut off is found up to the last anchor', async () => {
  const sample = createAuditSample(sizes)
  const items = sample.items.filter((item) => numberOf(item) < 4)
  const cut = { ...sample, items, header: { ...sample.header, lastCheckpoint: 3 } }
  const text = await renderSample(cut, 'json')
  expect((await verifyText(text)).findings).toEqual([])
  expect((await verifyText(text, await anchorsOf(sample))).findings).toEqual(['checkpoint 4: it was anchored and is missing'])
})

it('the keys of the anchors win over those that a file names', async () => {
  const sample = createAuditSample(sizes)
  const anchors = await anchorsOf(sample)
  const forged = createAuditSample(sizes, createAuditSigner({ version: 1, key: randomBytes(32) }))
  expect((await verifyText(await renderSample(forged, 'json'))).findings).toEqual([])
  const { findings } = await verifyText(await renderSample(forged, 'json'), anchors)
  expect(findings).toContain('checkpoint 1: it names another key than the anchors for key version 1')
  const later = createAuditSample(sizes, createAuditSigner({ version: 2, key: randomBytes(32) }))
  expect((await verifyText(await renderSample(later, 'json'), anchors)).findings).toContain(
    'checkpoint 1: it is signed by key version 2, which no anchor knows',
  )
})

it('an entry that retention dropped is proven by its digest, a younger one is missed', async () => {
  const sample = createAuditSample(sizes)
  const items = sample.items.map((item): ExportItem => {
    if (item.type !== 'entry' || item.checkpoint > 2) return item
    const { checkpoint, index, id, occurredAt, digest } = item
    return { type: 'leaf', checkpoint, index, id, occurredAt, digest }
  })
  const retained = { ...sample, items, header: { ...sample.header, retainedFrom: '2026-11-21T10:00:02.000Z' } }
  expect(await verifyText(await renderSample(retained, 'csv'))).toMatchObject({ findings: [], leaves: 4, entries: 13 })
  const { findings } = await verifyText(await renderSample({ ...retained, header: sample.header }, 'csv'))
  expect(findings).toHaveLength(4)
  expect(findings[0]).toMatch(/^entry aud_\w+ \(checkpoint 1, index 0\): it was deleted$/)
})

it('an anchor that was changed is found, and one that a crash cut off is passed over', async () => {
  const sample = createAuditSample(sizes)
  async function* lines() {
    const [first, second] = sample.checkpoints.map((checkpoint) => JSON.stringify(checkpoint))
    yield first?.replace(/"size":3/, '"size":4') ?? ''
    yield second?.slice(0, 40) ?? ''
  }
  const anchors = await readAnchors(lines())
  expect(anchors.findings).toEqual(['anchor file, line 1: the signature does not belong to checkpoint 1'])
  expect(anchors.unreadableLines).toBe(1)
})
