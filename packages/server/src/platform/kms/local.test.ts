import { chmod, mkdtemp, readdir, readFile, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createLocalRootKeys } from './local'
import { RootKeyError } from './root-key'

let directory: string
let file: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'keylease-root-key-'))
  file = join(directory, 'root.key')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const secret = Buffer.from('an instance key')

describe('the file', () => {
  test.skipIf(process.platform === 'win32')('is for its owner alone, from the first key on', async () => {
    const rootKeys = createLocalRootKeys(file)
    await rootKeys.ensureKey()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    await rootKeys.addKey()
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    expect(await readdir(directory)).toEqual(['root.key'])
  })

  test.skipIf(process.platform === 'win32').each([0o640, 0o604, 0o660, 0o610])('is refused with mode %o', async (mode) => {
    const rootKeys = createLocalRootKeys(file)
    const id = await rootKeys.ensureKey()
    await chmod(file, mode)
    await expect(rootKeys.wrap(secret, 'row', id)).rejects.toThrow(`run "chmod 600 ${file}"`)
    await expect(createLocalRootKeys(file).listIds()).rejects.toThrow(RootKeyError)
  })

  test.each([
    '',
    '{',
    '{"current":"rk_1","keys":{}}',
    '{"current":"rk_0123456789abcdef01234567","keys":{"rk_0123456789abcdef01234567":"c2hvcnQ="}}',
  ])('is refused when damaged, without a word of its content: %s', async (content) => {
    await writeFile(file, content, { mode: 0o600 })
    await expect(createLocalRootKeys(file).ensureKey()).rejects.toThrow(
      `The root key file ${file} is damaged: put it back from your backup.`,
    )
    expect(await readFile(file, 'utf8')).toBe(content)
  })

  test('is refused when it is a directory', async () => {
    await expect(createLocalRootKeys(directory).ensureKey()).rejects.toThrow('is not a file: name the root key file itself')
  })

  test('says in one sentence that it cannot be written', async () => {
    await writeFile(file, 'a file where a directory should be')
    const inside = join(file, 'root.key')
    await expect(createLocalRootKeys(inside).ensureKey()).rejects.toThrow(RootKeyError)
    await expect(createLocalRootKeys(inside).ensureKey()).rejects.toThrow(/^The root key file [^\n]+ cannot be [^\n]+\.$/)
  })

  test('of many that start at once, one makes the key and all use it', async () => {
    const ids = await Promise.all(Array.from({ length: 10 }, () => createLocalRootKeys(file).ensureKey()))
    expect(new Set(ids).size).toBe(1)
    expect(await createLocalRootKeys(file).listIds()).toEqual([ids[0]])
    expect(await readdir(directory)).toEqual(['root.key'])
  })

  test('stays where a link points to when a key is added', async () => {
    await createLocalRootKeys(file).ensureKey()
    const linked = join(directory, 'link.key')
    await symlink(file, linked)
    const id = await createLocalRootKeys(linked).addKey()
    expect(await createLocalRootKeys(file).currentId()).toBe(id)
  })
})

describe('a wrapped key', () => {
  test('unwraps with its context and its root key alone', async () => {
    const rootKeys = createLocalRootKeys(file)
    const first = await rootKeys.ensureKey()
    const second = await rootKeys.addKey()
    const wrapped = await rootKeys.wrap(secret, 'row 1', first)
    expect(await rootKeys.unwrap(wrapped, 'row 1', first)).toEqual(secret)
    await expect(rootKeys.unwrap(wrapped, 'row 2', first)).rejects.toThrow('does not open')
    await expect(rootKeys.unwrap(wrapped, 'row 1', second)).rejects.toThrow('does not open')
  })

  test('unwraps in a running process whose file has got the key since', async () => {
    const running = createLocalRootKeys(file)
    await running.ensureKey()
    const command = createLocalRootKeys(file)
    const added = await command.addKey()
    expect(await running.unwrap(await command.wrap(secret, 'row', added), 'row', added)).toEqual(secret)
  })

  test('is never made under a key that the file has lost', async () => {
    const rootKeys = createLocalRootKeys(file)
    const id = await rootKeys.ensureKey()
    const wrapped = await rootKeys.wrap(secret, 'row', id)
    await rename(file, `${file}.gone`)
    expect(await createLocalRootKeys(file).currentId()).toBeNull()
    await expect(rootKeys.wrap(secret, 'row', id)).rejects.toThrow(`The root key ${id} is not in ${file}`)
    await rename(`${file}.gone`, file)
    expect(await rootKeys.unwrap(wrapped, 'row', id)).toEqual(secret)
  })
})

test('the current root key is never removed', async () => {
  const rootKeys = createLocalRootKeys(file)
  const first = await rootKeys.ensureKey()
  const second = await rootKeys.addKey()
  await expect(rootKeys.removeKey(second)).rejects.toThrow('never removed')
  await rootKeys.removeKey(first)
  expect(await rootKeys.listIds()).toEqual([second])
})
