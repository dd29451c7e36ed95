import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { testSize } from '../../test/size'
import { createVault, type Vault, type VaultService } from '../../test/vault'
import type { SealContext } from './cipher'
import { AppError } from './errors'

let vault: Vault
let service: VaultService
let organizationId: string
let otherOrganizationId: string

beforeAll(async () => {
  vault = await createVault()
  service = await vault.openService()
  organizationId = await vault.createOrganization(service)
  otherOrganizationId = await vault.createOrganization(service)
})
afterAll(() => vault.close())

const runs = { numRuns: testSize(100, 2_000) }
const plaintexts = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array))
const records = fc.record({
  recordId: fc.string({ unit: 'binary', maxLength: 12 }),
  version: fc.nat(),
  purpose: fc.string({ unit: 'binary', maxLength: 12 }),
})
const contextOf = (record: Omit<SealContext, 'organizationId'>): SealContext => ({ organizationId, ...record })
const context: SealContext = { organizationId: '', recordId: 'pky_1', version: 1, purpose: 'provider key' }
const expectRefusal = async (opening: Promise<Buffer>) => {
  await expect(opening).rejects.toThrow(AppError)
  await expect(opening).rejects.toMatchObject({ code: 'internal', details: undefined })
}

test('a sealed value opens to the same bytes in its own place, also in another process', async () => {
  const another = await vault.openService()
  await fc.assert(
    fc.asyncProperty(records, plaintexts, async (record, plaintext) => {
      const sealed = await service.cipher.seal(contextOf(record), plaintext)
      expect(await service.cipher.open(contextOf(record), sealed)).toEqual(plaintext)
      expect(await another.cipher.open(contextOf(record), sealed)).toEqual(plaintext)
    }),
    runs,
  )
})

test('a value moved between rows, tenants, versions or purposes never decrypts', async () => {
  await fc.assert(
    fc.asyncProperty(records, records, plaintexts, async (record, other, plaintext) => {
      const sealed = await service.cipher.seal(contextOf(record), plaintext)
      await expectRefusal(service.cipher.open({ ...contextOf(record), organizationId: otherOrganizationId }, sealed))
      for (const part of ['recordId', 'version', 'purpose'] as const) {
        if (record[part] !== other[part]) await expectRefusal(service.cipher.open({ ...contextOf(record), [part]: other[part] }, sealed))
      }
    }),
    runs,
  )
})

test('text that slides from one part of the context into the next never decrypts', async () => {
  const sealed = await service.cipher.seal(contextOf({ recordId: 'a1', version: 2, purpose: 'b' }), Buffer.from('secret'))
  await expectRefusal(service.cipher.open(contextOf({ recordId: 'a', version: 12, purpose: 'b' }), sealed))
  await expectRefusal(service.cipher.open(contextOf({ recordId: 'a1', version: 2, purpose: 'b\u0000' }), sealed))
})

test('no single flipped bit goes unnoticed', async () => {
  const own = { ...context, organizationId }
  const sealed = await service.cipher.seal(own, Buffer.from('sk-live-1234'))
  for (let bit = 0; bit < sealed.length * 8; bit++) {
    const flipped = Buffer.from(sealed)
    flipped.writeUInt8(flipped.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3)
    await expectRefusal(service.cipher.open(own, flipped))
  }
})

test('a value that was cut short or grew never decrypts', async () => {
  const own = { ...context, organizationId }
  const sealed = await service.cipher.seal(own, Buffer.from('sk-live-1234'))
  for (let length = 0; length < sealed.length; length++) await expectRefusal(service.cipher.open(own, sealed.subarray(0, length)))
  await expectRefusal(service.cipher.open(own, Buffer.concat([sealed, Buffer.alloc(1)])))
})

test('halves of two values of the same row never make a third', async () => {
  const own = { ...context, organizationId }
  const one = await service.cipher.seal(own, Buffer.from('one'))
  const two = await service.cipher.seal(own, Buffer.from('two'))
  await expectRefusal(service.cipher.open(own, Buffer.concat([one.subarray(0, 65), two.subarray(65)])))
})

test('no nonce and no data key box repeats over 10,000 values', async () => {
  const own = { ...context, organizationId }
  const seen = new Set<string>()
  const count = 10_000
  for (let i = 0; i < count; i++) {
    const sealed = await service.cipher.seal(own, Buffer.from('the same text'))
    seen
      .add(sealed.toString('hex', 5, 17))
      .add(sealed.toString('hex', 17, 65))
      .add(sealed.toString('hex', 65, 77))
  }
  expect(seen.size).toBe(3 * count)
})

test('the plaintext shows nowhere in the sealed value and stays untouched with its owner', async () => {
  const plaintext = Buffer.from('sk-live-abcdefghijklmnop')
  const sealed = await service.cipher.seal({ ...context, organizationId }, plaintext)
  expect(sealed.includes(plaintext)).toBe(false)
  expect(plaintext.toString()).toBe('sk-live-abcdefghijklmnop')
})

test('creating the key of an organization again, from anywhere at once, keeps the first', async () => {
  const id = await vault.insertOrganization()
  const services = await Promise.all([1, 2, 3].map(() => vault.openService()))
  await Promise.all([...services, ...services].map(({ cipher }) => cipher.createOrganizationKey(id)))
  const sealed = await service.cipher.seal({ ...context, organizationId: id }, Buffer.from('secret'))
  await service.cipher.createOrganizationKey(id)
  expect((await (await vault.openService()).cipher.open({ ...context, organizationId: id }, sealed)).toString()).toBe('secret')
})

test('an organization without a key can hold no secret, and can as soon as it has one', async () => {
  const id = await vault.insertOrganization()
  await expectRefusal(service.cipher.seal({ ...context, organizationId: id }, Buffer.from('secret')))
  await service.cipher.createOrganizationKey(id)
  await expect(service.cipher.seal({ ...context, organizationId: id }, Buffer.from('secret'))).resolves.toBeInstanceOf(Buffer)
})

test('a key row moved to another organization does not unwrap there', async () => {
  const [victim, thief] = [await vault.createOrganization(service), await vault.insertOrganization()]
  await vault.database.db.systemPool.query(
    `INSERT INTO organization_key SELECT $2, version, wrapped, root_key_id FROM organization_key WHERE organization_id = $1`,
    [victim, thief],
  )
  await expectRefusal(service.cipher.seal({ ...context, organizationId: thief }, Buffer.from('secret')))
})
