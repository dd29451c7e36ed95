import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { rm, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { silentLog } from '../../test/database'
import { testSize } from '../../test/size'
import { createVault, type Vault, type VaultService } from '../../test/vault'
import { StartError } from '../env'
import { createCipher } from '../platform/cipher'
import { keyPurposes } from '../platform/keyring'
import { createLocalRootKeys } from '../platform/kms/local'
import { rotateRootKey } from './root-key-rotate'

let vault: Vault
let service: VaultService

beforeEach(async () => {
  vault = await createVault()
  service = await vault.openService()
})
afterEach(() => vault.close())

const organizations = testSize(18, 60)
/** Chosen, switched, each instance key, each organization key, confirmed, removed. */
const stepsOf = (organizationKeys: number) => 4 + keyPurposes.length + organizationKeys

const rotate = (afterStep?: (step: string) => Promise<void>) =>
  rotateRootKey(vault.database.db, createLocalRootKeys(vault.file), silentLog, afterStep ? { afterStep } : {})

const dieAfter = (fatal: number) => {
  let steps = 0
  return async () => {
    if (++steps === fatal) throw new Error('killed')
  }
}

interface Evidence {
  version: number
  hash: Buffer
  sealed: { organizationId: string; blob: Buffer }[]
}

const contextOf = (organizationId: string) => ({ organizationId, recordId: 'pky_1', version: 1, purpose: 'provider key' })

async function collectEvidence(count: number): Promise<Evidence> {
  const sealed = []
  for (let i = 0; i < count; i++) {
    const organizationId = await vault.createOrganization(service)
    sealed.push({ organizationId, blob: await service.cipher.seal(contextOf(organizationId), Buffer.from(organizationId)) })
  }
  return { ...service.keyring.hash('pepper', 'token'), sealed }
}

/** As a process that starts now sees it, with nothing in memory. */
async function expectIntact(evidence: Evidence): Promise<void> {
  const { keyring, cipher } = await vault.openService()
  expect(keyring.sealedReason()).toBeNull()
  expect(keyring.verify('pepper', evidence.version, 'token', evidence.hash)).toBe(true)
  for (const { organizationId, blob } of evidence.sealed) {
    expect((await cipher.open(contextOf(organizationId), blob)).toString()).toBe(organizationId)
  }
}

async function listRootKeysInUse(): Promise<string[]> {
  const found = await vault.database.db.systemPool.query<{ id: string }>(
    'SELECT root_key_id AS id FROM instance UNION SELECT root_key_id FROM keyring UNION SELECT root_key_id FROM organization_key',
  )
  return found.rows.map(({ id }) => id)
}

/** One root key in the file, and no row under another. */
async function expectOneRootKey(): Promise<string> {
  const { current, keys } = vault.readRootKeys()
  expect(Object.keys(keys)).toEqual([current])
  expect(await listRootKeysInUse()).toEqual([current])
  return current
}

test('a rotation re-wraps every key under a new root key and removes the old one; every hash and every secret still works', async () => {
  const evidence = await collectEvidence(3)
  const before = await expectOneRootKey()
  const steps: string[] = []
  const result = await rotate(async (step) => void steps.push(step))
  expect(result).toEqual({ rootKeyId: await expectOneRootKey(), rewrappedKeys: keyPurposes.length + 3, isResumed: false })
  expect(result.rootKeyId).not.toBe(before)
  expect(steps).toHaveLength(stepsOf(3))
  await expectIntact(evidence)
})

test('a rotation killed after any of its steps, twice, leaves a service that works and is ended by the next run', async () => {
  const evidence = await collectEvidence(organizations)
  const points = stepsOf(organizations)
  expect(points).toBeGreaterThanOrEqual(20)
  for (let point = 1; point <= points; point++) {
    const before = await expectOneRootKey()
    await expect(rotate(dieAfter(point))).rejects.toThrow('killed')
    await expectIntact(evidence)
    const half = vault.readRootKeys()
    if (point < points) {
      expect(Object.keys(half.keys).sort()).toEqual([before, half.current].sort())
      await expect(rotate(dieAfter(2))).rejects.toThrow('killed')
      await expectIntact(evidence)
      expect(vault.readRootKeys()).toEqual(half)
      expect(await rotate()).toMatchObject({ rootKeyId: half.current, isResumed: true })
    }
    expect(await expectOneRootKey()).toBe(half.current)
    expect(half.current).not.toBe(before)
    await expectIntact(evidence)
  }
})

test.each([1, 2, 4, stepsOf(4) - 1, stepsOf(4)])(
  'a rotation whose process dies by kill -9 after step %i is ended by the next run',
  async (step) => {
    const evidence = await collectEvidence(4)
    const script = fileURLToPath(new URL('../../test/process/rotate-root-key.mjs', import.meta.url))
    const child = spawn(process.execPath, [script, vault.database.urls.system, vault.file, String(step)], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL'])
    await expectIntact(evidence)
    const half = vault.readRootKeys()
    if (step < stepsOf(4)) expect(await rotate()).toMatchObject({ rootKeyId: half.current, isResumed: true })
    expect(await expectOneRootKey()).toBe(half.current)
    await expectIntact(evidence)
  },
)

test('services seal, open, start and create organizations all through rotations without one failure', async () => {
  const evidence = await collectEvidence(4)
  const replica = await vault.openService()
  let isOver = false
  let starts = 0
  const created: Evidence['sealed'] = []
  const work = async (own: VaultService) => {
    while (!isOver) {
      const organizationId = await vault.createOrganization(own)
      created.push({ organizationId, blob: await own.cipher.seal(contextOf(organizationId), Buffer.from(organizationId)) })
      for (const old of evidence.sealed)
        expect((await own.cipher.open(contextOf(old.organizationId), old.blob)).toString()).toBe(old.organizationId)
    }
  }
  const start = async () => {
    while (!isOver) {
      await expectIntact(evidence)
      starts++
    }
  }
  const rotateOften = async () => {
    for (let i = 0; !isOver && (i < testSize(4, 12) || created.length < 8 || starts < 2); i++) await rotate()
  }
  const end = () => {
    isOver = true
  }
  await Promise.all([work(service), work(replica), start(), rotateOften()].map((running) => running.finally(end)))
  await expectOneRootKey()
  await expectIntact({ ...evidence, sealed: [...evidence.sealed, ...created] })
})

test('an organization created between any two steps never ends under the old root key', async () => {
  const evidence = await collectEvidence(2)
  await rotate(async (step) => {
    if (step !== 'removed') evidence.sealed.push(...(await collectEvidence(1)).sealed)
  })
  await rotate()
  await expectOneRootKey()
  await expectIntact(evidence)
})

/** Resolves once a rotation waits for the instance row; fails when it never does. */
const waitUntilRotationWaits = () =>
  vi.waitFor(
    async () => {
      const waiting = await vault.database.db.systemPool.query(
        `SELECT FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database() AND query LIKE '%instance FOR UPDATE'`,
      )
      expect(waiting.rowCount).toBe(1)
    },
    { timeout: 5_000 },
  )

/** A service that stops where `method` is called on its root keys, until `release`. */
function createPausedService(method: 'wrap' | 'unwrap') {
  const [reached, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const rootKeys = createLocalRootKeys(vault.file)
  const original = rootKeys[method]
  rootKeys[method] = async (bytes, context, id) => {
    reached.resolve()
    await gate.promise
    return original(bytes, context, id)
  }
  const paused = { ...service, rootKeys, cipher: createCipher(vault.database.db, rootKeys, service.keyring) }
  return { service: paused, reached: reached.promise, release: gate.resolve }
}

test('a rotation waits for an organization whose key is being wrapped under the old root key', async () => {
  const paused = createPausedService('wrap')
  const creation = vault.createOrganization(paused.service)
  await paused.reached
  const rotation = rotate()
  await waitUntilRotationWaits().finally(paused.release)
  const organizationId = await creation
  await rotation
  await expectOneRootKey()
  await expect(service.cipher.seal(contextOf(organizationId), Buffer.from('secret'))).resolves.toBeInstanceOf(Buffer)
})

test('the old root key stays until a key that was read under it is unwrapped', async () => {
  const { sealed } = await collectEvidence(1)
  const [{ organizationId, blob } = { organizationId: '', blob: Buffer.alloc(0) }] = sealed
  const paused = createPausedService('unwrap')
  let opening: Promise<Buffer> | undefined
  let waiting: Promise<void> | undefined
  await rotate(async (step) => {
    if (step !== 'switched') return
    opening = paused.service.cipher.open(contextOf(organizationId), blob)
    await paused.reached
    waiting = waitUntilRotationWaits().finally(paused.release)
  })
  await waiting
  expect((await opening)?.toString()).toBe(organizationId)
  await expectOneRootKey()
})

test('a key that was replaced while it was re-wrapped is not overwritten', async () => {
  const [{ organizationId } = { organizationId: '' }] = (await collectEvidence(1)).sealed
  const rootKeys = createLocalRootKeys(vault.file)
  const { wrap } = rootKeys
  let replaced: Evidence['sealed'] = []
  rootKeys.wrap = async (plaintext, context, id) => {
    if (context.includes(organizationId) && replaced.length === 0) replaced = [await replaceKey(organizationId)]
    return wrap(plaintext, context, id)
  }
  await rotateRootKey(vault.database.db, rootKeys, silentLog)
  await expectOneRootKey()
  await expectIntact({ ...service.keyring.hash('pepper', 'token'), sealed: replaced })
})

async function replaceKey(organizationId: string) {
  await vault.database.db.systemPool.query('DELETE FROM organization_key WHERE organization_id = $1', [organizationId])
  const { cipher } = await vault.openService()
  await cipher.createOrganizationKey(organizationId)
  return { organizationId, blob: await cipher.seal(contextOf(organizationId), Buffer.from(organizationId)) }
}

test('of two rotations at once, one runs and the other says so', async () => {
  await rotate(async (step) => {
    if (step !== 'switched') return
    const before = vault.readRootKeys()
    await expect(rotate()).rejects.toThrow('being rotated by another command')
    expect(vault.readRootKeys()).toEqual(before)
  })
  await expectOneRootKey()
})

test.each([
  ['without the root key', async (file: string) => rm(file), 'is not in'],
  ['with a wrong root key', async (file: string) => writeWrongKey(file), 'is not the one'],
])('a rotation %s refuses in one sentence and writes nothing', async (_, spoil, sentence) => {
  await spoil(vault.file)
  const before = await vault.dumpTables()
  const refusal = rotate()
  await expect(refusal).rejects.toThrow(StartError)
  await expect(refusal).rejects.toThrow(sentence)
  expect(await vault.dumpTables()).toBe(before)
})

test('a rotation of a database that holds no keys refuses and makes none', async () => {
  const empty = await createVault()
  onTestFinished(() => empty.close())
  await expect(rotateRootKey(empty.database.db, createLocalRootKeys(empty.file), silentLog)).rejects.toThrow('holds no keys yet')
  expect(() => empty.readRootKeys()).toThrow('ENOENT')
})

test('a row that does not open stops the rotation with its name, and the old root key stays', async () => {
  const [{ organizationId } = { organizationId: '' }] = (await collectEvidence(1)).sealed
  const { current: before } = vault.readRootKeys()
  await vault.database.db.systemPool.query('UPDATE organization_key SET wrapped = sha256(wrapped) WHERE organization_id = $1', [
    organizationId,
  ])
  await expect(rotate()).rejects.toThrow(`The key ${organizationId} version 1 in the table organization_key does not open`)
  expect(Object.keys(vault.readRootKeys().keys)).toContain(before)
})

async function writeWrongKey(file: string): Promise<void> {
  const { current } = vault.readRootKeys()
  await writeFile(file, JSON.stringify({ current, keys: { [current]: Buffer.alloc(32, 7).toString('base64') } }))
}
