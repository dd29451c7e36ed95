import { randomBytes } from 'node:crypto'
import type { Stats } from 'node:fs'
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
    refuseUnsafe(await handle.stat(), file)
    return parseContent(await handle.readFile('utf8'), file)
  } finally {
    await handle.close()
  }
}

/** Linked into place, so that of two starters one wins and the other finds the winner's key. */
export async function createRootKeyFile(file: string, content: RootKeyFile): Promise<void> {
  await explainFailure(file, async () => {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 })
    await placeContent(file, content, (fresh) => link(fresh, file).catch(ignoreExisting))
  })
}

/** A reader sees the old content or the new; a crash leaves one of them whole. A link to the file stays a link. */
export async function replaceRootKeyFile(file: string, content: RootKeyFile): Promise<void> {
  await explainFailure(file, async () => {
    const target = await realpath(file)
    await placeContent(target, content, (fresh) => rename(fresh, target))
  })
}

async function placeContent(file: string, content: RootKeyFile, place: (fresh: string) => Promise<void>): Promise<void> {
  const fresh = `${file}.${randomBytes(6).toString('hex')}`
  try {
    await writeFresh(fresh, content)
    await place(fresh)
  } finally {
    await rm(fresh, { force: true })
  }
  await syncDirectory(file)
}

async function explainFailure(file: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (cause) {
    throw new RootKeyError(
      `The root key file ${file} cannot be written: let Keylease write to its directory, and leave space on its disk.`,
      { cause },
    )
  }
}

function ignoreExisting(error: unknown): void {
  if (!hasCode(error, 'EEXIST')) throw error
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

function refuseUnsafe(stats: Stats, file: string): void {
  if (!stats.isFile()) throw new RootKeyError(`${file} is not a file: name the root key file itself in KEYLEASE_ROOT_KEY_FILE.`)
  if (!isWindows && (stats.mode & 0o077) !== 0) {
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

async function writeFresh(file: string, content: RootKeyFile): Promise<void> {
  const handle = await open(file, 'wx', 0o600)
  try {
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
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
