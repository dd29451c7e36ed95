import { randomBytes } from 'node:crypto'
import { type FileHandle, link, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { keyBytes } from '../envelope'
import { RootKeyError } from './root-key'

const RootKeyFile = z
  .strictObject({ current: z.string(), keys: z.record(z.string().regex(/^rk_[0-9a-f]{24}$/), z.base64()) })
  .refine(({ keys }) => Object.values(keys).every((key) => Buffer.from(key, 'base64').length === keyBytes))
  .refine(({ current, keys }) => Object.hasOwn(keys, current))
export type RootKeyFile = z.infer<typeof RootKeyFile>

const isWindows = process.platform === 'win32'

export async function readRootKeyFile(file: string): Promise<RootKeyFile | null> {
  const handle = await openExisting(file)
  if (!handle) return null
  try {
    await refuseReadableByOthers(handle, file)
    return parseContent(await handle.readFile('utf8'), file)
  } finally {
    await handle.close()
  }
}

/** Linked into place, so that of two starters one wins and the other finds the winner's key. */
export async function createRootKeyFile(file: string, content: RootKeyFile): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  const fresh = await writeBeside(file, content)
  try {
    await link(fresh, file)
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  } finally {
    await rm(fresh, { force: true })
  }
  await syncDirectory(file)
}

/** A reader sees the old content or the new; a crash leaves one of them whole. A link to the file stays a link. */
export async function replaceRootKeyFile(file: string, content: RootKeyFile): Promise<void> {
  const target = await realpath(file)
  const fresh = await writeBeside(target, content)
  try {
    await rename(fresh, target)
  } finally {
    await rm(fresh, { force: true })
  }
  await syncDirectory(target)
}

async function openExisting(file: string): Promise<FileHandle | null> {
  try {
    return await open(file, 'r')
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return null
    throw new RootKeyError(`The root key file ${file} cannot be read: let the account that runs Keylease, and no other, read it.`, {
      cause,
    })
  }
}

async function refuseReadableByOthers(handle: FileHandle, file: string): Promise<void> {
  const { mode } = await handle.stat()
  if (!isWindows && (mode & 0o077) !== 0) {
    throw new RootKeyError(`The root key file ${file} is open to other accounts: run "chmod 600 ${file}".`)
  }
}

function parseContent(text: string, file: string): RootKeyFile {
  try {
    return RootKeyFile.parse(JSON.parse(text))
  } catch {
    // The cause is left out: a parser's message may quote the key.
    throw new RootKeyError(`The root key file ${file} is damaged: put it back from your backup.`)
  }
}

async function writeBeside(file: string, content: RootKeyFile): Promise<string> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  const handle = await open(fresh, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  return fresh
}

/** The new name is on disk only once its directory is; Windows cannot and need not be told. */
async function syncDirectory(file: string): Promise<void> {
  if (isWindows) return
  const handle = await open(dirname(file), 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const hasCode = (error: unknown, code: string) => error instanceof Error && 'code' in error && error.code === code
