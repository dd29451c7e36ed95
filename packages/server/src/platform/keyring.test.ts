import { chmod, rm, writeFile } from 'node:fs/promises'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { findSecrets } from '../../test/canary'
import { createVault, type Vault } from '../../test/vault'

let vault: Vault

beforeEach(async () => {
  vault = await createVault()
})
afterEach(() => vault.close())

const context = (organizationId: string) => ({ organizationId, recordId: 'pky_1', version: 1, purpose: 'provider key' })

test('the first start makes one root key and the keys of the instance, and every later start finds the same', async () => {
  const first = await vault.openService()
  const { version, hash } = first.keyring.hash('pepper', 'token')
  const before = await vault.dumpTables()
  const second = await vault.openService()
  expect(second.keyring.sealedReason()).toBeNull()
  expect(second.keyring.verify('pepper', version, 'token', hash)).toBe(true)
  expect(Object.keys(vault.readRootKeys().keys)).toHaveLength(1)
  expect(await vault.dumpTables()).toBe(before)
})

test('replicas that start at once on an empty database agree on every key', async () => {
  const services = await Promise.all(Array.from({ length: 8 }, () => vault.openService()))
  const hashes = services.map(({ keyring }) => keyring.hash('idempotency', 'body').hash.toString('hex'))
  expect(new Set(hashes).size).toBe(1)
  expect(Object.keys(vault.readRootKeys().keys)).toHaveLength(1)
})

test('a purpose that the code has gained gets its key at the next start and the others keep theirs', async () => {
  const first = await vault.openService()
  await vault.database.db.ownerPool.query(`DELETE FROM keyring WHERE purpose = 'idempotency'`)
  const second = await vault.openService()
  expect(second.keyring.current('pepper').key).toEqual(first.keyring.current('pepper').key)
  expect(second.keyring.current('idempotency').key).not.toEqual(first.keyring.current('idempotency').key)
})

test('a hash verifies only for its text, purpose and version', async () => {
  const { keyring } = await vault.openService()
  const { version, hash } = keyring.hash('pepper', 'token')
  expect(keyring.verify('pepper', version, Buffer.from('token'), hash)).toBe(true)
  expect(keyring.verify('pepper', version, 'tokem', hash)).toBe(false)
  expect(keyring.verify('idempotency', version, 'token', hash)).toBe(false)
  expect(keyring.verify('pepper', version + 1, 'token', hash)).toBe(false)
  expect(keyring.verify('pepper', version, 'token', hash.subarray(0, 31))).toBe(false)
  expect(keyring.verify('pepper', version, 'token', Buffer.alloc(0))).toBe(false)
})

test('no key of the root or of the instance is in any table in clear', async () => {
  const service = await vault.openService()
  const organizationId = await vault.createOrganization(service)
  await service.cipher.seal(context(organizationId), Buffer.from('secret'))
  const keys = Object.values(vault.readRootKeys().keys).map((key) => Buffer.from(key, 'base64'))
  const dump = await vault.dumpTables()
  expect(findSecrets(dump, [...keys, service.keyring.current('pepper').key, service.keyring.current('idempotency').key])).toEqual([])
  expect(findSecrets(`${dump} ${keys[0]?.toString('hex')}`, keys)).toHaveLength(1)
})

describe('a database that is not empty is sealed, and nothing is written,', () => {
  const expectSealed = async (sentence: RegExp | string, file?: string) => {
    const before = await vault.dumpTables()
    const { keyring, cipher } = await vault.openService(file)
    expect(keyring.sealedReason()).toMatch(sentence)
    expect(keyring.sealedReason()).toMatch(/^[^\n]+\.$/)
    const sealed = expect.objectContaining({ code: 'sealed' })
    expect(() => keyring.hash('pepper', 'token')).toThrow(sealed)
    expect(() => keyring.verify('pepper', 1, 'token', Buffer.alloc(32))).toThrow(sealed)
    expect(() => keyring.current('pepper')).toThrow(sealed)
    const organizationId = await vault.insertOrganization()
    const afterInsert = await vault.dumpTables()
    await expect(cipher.createOrganizationKey(organizationId)).rejects.toThrow(sealed)
    await expect(cipher.seal(context(organizationId), Buffer.from('secret'))).rejects.toThrow(sealed)
    await expect(cipher.open(context(organizationId), Buffer.alloc(100))).rejects.toThrow(sealed)
    expect(await vault.dumpTables()).toBe(afterInsert)
    expect(
      afterInsert
        .split('\n')
        .filter((line) => !line.includes(organizationId))
        .join('\n'),
    ).toBe(before)
  }

  beforeEach(() => vault.openService())

  test('without its root key file, and no new one is made', async () => {
    const { current } = vault.readRootKeys()
    await rm(vault.file)
    await expectSealed(`The root key ${current} that wraps this database is not in ${vault.file}: put the file back`)
    expect(() => vault.readRootKeys()).toThrow('ENOENT')
  })

  test('with the root key file of another instance', async () => {
    const other = await createVault()
    onTestFinished(() => other.close())
    await other.openService()
    await expectSealed('is not in', other.file)
  })

  test('with another root key under the same id', async () => {
    const { current } = vault.readRootKeys()
    await writeFile(vault.file, JSON.stringify({ current, keys: { [current]: Buffer.alloc(32, 7).toString('base64') } }))
    await expectSealed(`The root key ${current} in ${vault.file} is not the one that wraps this database`)
  })

  test('with a root key file that is damaged', async () => {
    await writeFile(vault.file, '{}')
    await expectSealed('is damaged')
  })

  test.skipIf(process.platform === 'win32')('with a root key file that others can read', async () => {
    await chmod(vault.file, 0o644)
    await expectSealed('chmod 600')
  })

  test('when a wrapped key has been swapped for another', async () => {
    await vault.database.db.systemPool.query(
      `UPDATE keyring SET wrapped = (SELECT wrapped FROM keyring WHERE purpose = 'idempotency') WHERE purpose = 'pepper'`,
    )
    await expectSealed('The key pepper version 1 in the table keyring does not open')
  })

  test('when it no longer says which root key wraps it', async () => {
    await vault.database.db.ownerPool.query('DELETE FROM instance')
    await expectSealed('restore the table instance')
  })
})

test('a sealed service opens at the next start once its file is back', async () => {
  const first = await vault.openService()
  const { version, hash } = first.keyring.hash('pepper', 'token')
  const content = JSON.stringify(vault.readRootKeys())
  await rm(vault.file)
  expect((await vault.openService()).keyring.sealedReason()).not.toBeNull()
  await writeFile(vault.file, content, { mode: 0o600 })
  expect((await vault.openService()).keyring.verify('pepper', version, 'token', hash)).toBe(true)
})
