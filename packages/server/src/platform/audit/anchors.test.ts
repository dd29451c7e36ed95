import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import type { OutboundAnswer } from '../outbound'
import { readAnchors } from './anchor-file'
import { createAnchorSender } from './anchors'
import { checkpointAll } from './batcher'
import { createAuditSigner } from './checkpoint'

let harness: Harness
let token: string
let tenant: string
let file: string
let files = 0
let nowMs = 0
let posted: { anchors: { number: number; organizationId: string }[] }[] = []
let status = 204

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())
beforeEach(async () => {
  tenant = await harness.createTenant()
  token = harness.createCredential({ organizationId: tenant, role: 'owner' })
  files += 1
  file = join(harness.deps.env.dataDir, `audit-${files}`, 'anchors.jsonl')
  posted = []
  status = 204
})

const outbound = {
  request: async (_: string, request?: { body?: string }): Promise<OutboundAnswer> => {
    posted.push(JSON.parse(request?.body ?? '{}'))
    return { status, headers: {}, body: Buffer.alloc(0) }
  },
}

const createSender = (url?: string) =>
  createAnchorSender({ ...harness.deps, clock: { now: () => new Date(), monotonicMs: () => nowMs }, outbound, file, url })

async function addCheckpoint(): Promise<void> {
  await harness.request('POST', '/api/v1/projects', { token, body: { name: 'checkout' } })
  await checkpointAll({ ...harness.deps, signer: createAuditSigner(harness.deps.keyring.current('audit')) })
}

async function readOwn() {
  async function* lines() {
    yield* (await readFile(file, 'utf8')).split('\n')
  }
  const anchors = await readAnchors(lines())
  return { ...anchors, numbers: anchors.checkpoints.filter((one) => one.organizationId === tenant).map((one) => one.number) }
}

it('every checkpoint leaves once for the file and the URL, in order', async () => {
  const send = createSender('https://anchors.example/')
  await addCheckpoint()
  await send()
  await addCheckpoint()
  await addCheckpoint()
  await send()
  await send()
  expect(await readOwn()).toMatchObject({ findings: [], numbers: [1, 2, 3] })
  expect(posted.flatMap(({ anchors }) => anchors.map(({ number }) => number))).toEqual([1, 2, 3])
})

it('a URL that refuses holds up nothing, is asked ever less often and gets everything in the end', async () => {
  const send = createSender('https://anchors.example/')
  status = 500
  for (let second = 0; second < 60; second++) {
    nowMs += 1_000
    await addCheckpoint()
    await send()
  }
  expect((await readOwn()).numbers).toHaveLength(60)
  expect(posted.length).toBeGreaterThan(2)
  expect(posted.length).toBeLessThan(8)
  expect(harness.logLines.join('')).toContain('audit anchors were not taken')
  status = 200
  posted = []
  nowMs += 300_000
  await send()
  expect(posted.flatMap(({ anchors }) => anchors.map(({ number }) => number))).toEqual(Array.from({ length: 60 }, (_, i) => i + 1))
})

it('a line that a crash cut off spoils no other', async () => {
  await addCheckpoint()
  await createSender()()
  await appendFile(file, '{"organizationId":"org_')
  await addCheckpoint()
  await createSender()()
  expect(await readOwn()).toMatchObject({ findings: [], unreadableLines: 1, numbers: [1, 2] })
})

it('a crash between delivery and its mark repeats an anchor and loses none', async () => {
  await addCheckpoint()
  const db = { systemPool: harness.deps.db.systemPool }
  const broken = {
    ...harness.deps,
    db,
    clock: {
      now: (): Date => {
        throw new Error('killed')
      },
      monotonicMs: () => nowMs,
    },
    outbound,
    file,
    url: undefined,
  }
  await expect(createAnchorSender(broken)()).rejects.toThrow('killed')
  await createSender()()
  expect((await readOwn()).numbers).toEqual([1, 1])
})
