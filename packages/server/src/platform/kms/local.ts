import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { keyBytes, openBox, sealBox } from '../envelope'
import { createRootKeyFile, type RootKeyFile, readRootKeyFile, replaceRootKeyFile } from './local-file'
import { RootKeyError, type RootKeyProvider } from './root-key'

/** Root keys in a file for its owner alone. The file is read again for an unknown id and before every wrap. */
export function createLocalRootKeys(file: string): RootKeyProvider {
  let known = new Map<string, KeyObject>()

  const read = async (): Promise<RootKeyFile | null> => {
    const content = await readRootKeyFile(file)
    known = toKeys(content)
    return content
  }
  const findKey = (id: string): KeyObject => {
    const key = known.get(id)
    if (!key) throw new RootKeyError(`The root key ${id} is not in ${file}: put back the file that holds it.`)
    return key
  }

  return {
    place: file,
    listIds: async () => [...toKeys(await read()).keys()],
    currentId: async () => (await read())?.current ?? null,
    async ensureKey() {
      if ((await read()) === null) await createRootKeyFile(file, withNewKey({}))
      return (await requireContent(file)).current
    },
    async addKey() {
      const content = withNewKey((await requireContent(file)).keys)
      await replaceRootKeyFile(file, content)
      return content.current
    },
    removeKey: async (id) => replaceRootKeyFile(file, withoutKey(await requireContent(file), id)),
    async wrap(plaintext, context, id) {
      await read()
      return sealBox(findKey(id), plaintext, Buffer.from(context))
    },
    async unwrap(wrapped, context, id) {
      if (!known.has(id)) await read()
      return openBox(findKey(id), wrapped, Buffer.from(context))
    },
  }
}

async function requireContent(file: string): Promise<RootKeyFile> {
  const content = await readRootKeyFile(file)
  if (!content) throw new RootKeyError(`There is no root key file ${file}: put it back from your backup.`)
  return content
}

/** The id is random as well: what names a root key tells nothing about it. */
function withNewKey(keys: RootKeyFile['keys']): RootKeyFile {
  const current = `rk_${randomBytes(12).toString('hex')}`
  return { current, keys: { ...keys, [current]: randomBytes(keyBytes).toString('base64') } }
}

function withoutKey({ current, keys }: RootKeyFile, id: string): RootKeyFile {
  if (id === current) throw new Error('The current root key is never removed.')
  return { current, keys: Object.fromEntries(Object.entries(keys).filter(([kept]) => kept !== id)) }
}

function toKeys(content: RootKeyFile | null): Map<string, KeyObject> {
  return new Map(Object.entries(content?.keys ?? {}).map(([id, key]) => [id, createSecretKey(key, 'base64')]))
}
