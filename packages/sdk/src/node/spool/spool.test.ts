import { cpSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { testSize } from '../../../../shared/test/size'
import { makeFacts, makeLease, makeRecord } from '../../../test/calls'
import { makeDirectory } from '../../../test/directory'
import type { Spool, SpoolPlace } from '../../ledger/spool'
import { openSpool } from './open'

const lease = makeLease()

type Step = { act: 'begin' } | { act: 'finish' | 'forget'; pick: number } | { act: 'crash' }

const steps = fc.array(
  fc.oneof(
    { weight: 5, arbitrary: fc.constant<Step>({ act: 'begin' }) },
    { weight: 5, arbitrary: fc.record<Step & { pick: number }>({ act: fc.constantFrom('finish', 'forget'), pick: fc.nat(7) }) },
    { weight: 1, arbitrary: fc.constant<Step>({ act: 'crash' }) },
  ),
  { maxLength: 60 },
)

/** A process with a spool, and what it knows of its calls in memory. */
interface Life {
  directory: string
  spool: Spool
  begun: { sequence: number; intent: number | null }[]
  finished: { sequence: number; place: SpoolPlace }[]
}

const facts = makeFacts()
const long = { ...facts, endpoint: `POST /${'x'.repeat(40_000)}` } // a few fill a file

function begin(life: Life, sequence: number): void {
  const intent = life.spool.writeIntent({ ...long, leaseId: lease.id, sequence, clockOffsetMs: 0, startedAtMs: 1 })
  life.begun.push({ sequence, intent })
}

function finish(life: Life, pick: number): number | null {
  const [call] = life.begun.splice(pick % Math.max(1, life.begun.length), 1)
  if (!call) return null
  const place = life.spool.writeRecord(call.intent, makeRecord({ lease, sequence: call.sequence, startedAtMs: 1 }, long))
  if (!place) throw new Error('the disk of this test takes everything')
  life.finished.push({ sequence: call.sequence, place })
  return call.sequence
}

/** The next process finds what a killed one left: its folders under a name that nobody has. */
async function crash(life: Life): Promise<Life> {
  const directory = makeDirectory()
  for (const name of readdirSync(life.directory)) {
    cpSync(join(life.directory, name), join(directory, name.replace(/^calls-\d+-\w+-/, 'calls-999999999-1-')), { recursive: true })
  }
  const spool = openSpool({ directory, tell: (message) => expect.fail(message), lose: (count) => expect.fail(`${count} lost`) })
  await spool.recovered
  return { directory, spool, begun: [], finished: [] }
}

test('whatever a process did before it was killed, each call comes back once: exact if it had ended, assumed if not, never if it was acknowledged', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      let life = await crash({ directory: makeDirectory(), spool: {} as Spool, begun: [], finished: [] })
      let sequence = 0
      /** What has to come back, as the process knows it. */
      const owed = new Map<number, 'exact' | 'assumed'>()
      for (const step of [...taken, { act: 'crash' } as const]) {
        if (step.act === 'begin') {
          begin(life, ++sequence)
          owed.set(sequence, 'assumed')
        } else if (step.act === 'finish') {
          const ended = finish(life, step.pick)
          if (ended !== null) owed.set(ended, 'exact')
        } else if (step.act === 'forget') {
          const [call] = life.finished.splice(step.pick % Math.max(1, life.finished.length), 1)
          if (call) life.spool.forget([call.place])
          if (call) owed.delete(call.sequence)
        } else {
          life = await crash(life)
          expect(life.spool.waiting).toBe(owed.size)
          const found = new Map<number, string>()
          while (life.spool.waiting > 0) {
            for (const { record, place } of await life.spool.take(3)) {
              expect(found.has(record.sequence)).toBe(false)
              expect(record.reading.reportedNanos).toBe(record.reading.quality === 'exact' ? 12n : null)
              found.set(record.sequence, record.reading.quality)
              life.finished.push({ sequence: record.sequence, place })
            }
          }
          expect(found).toEqual(owed)
        }
      }
      life.spool.forget(life.finished.map(({ place }) => place))
      life.spool.close()
      expect(readdirSync(life.directory)).toEqual([])
    }),
    { numRuns: testSize(40, 3_000) },
  )
})
