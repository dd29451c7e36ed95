import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import chromium, { inflate } from '@sparticuz/chromium'

export interface Browser {
  executablePath: string
  /** What the browser needs in its environment beside what is there. */
  env: Record<string, string>
}

const places = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

export const browserFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
]

/** The system's own Chromium, or the one from the package registry, unpacked into the directory; KEYLEASE_E2E_BUNDLED=1 asks for the latter. */
export async function findBrowser(directory: string): Promise<Browser> {
  const chosen = process.env['CHROMIUM_PATH']
  if (chosen && !existsSync(chosen)) throw new Error('CHROMIUM_PATH names no file. Set it to a Chromium or unset it.')
  const system = chosen ?? (process.env['KEYLEASE_E2E_BUNDLED'] ? undefined : places.find((path) => existsSync(path)))
  return system ? { executablePath: system, env: {} } : unpackBrowser(directory)
}

async function unpackBrowser(directory: string): Promise<Browser> {
  const executablePath = await withTemporary(directory, () => chromium.executablePath())
  const fonts = { FONTCONFIG_FILE: await describeFonts(directory) }
  if (canStart(executablePath)) return { executablePath, env: fonts }
  const archives = join(import.meta.dirname, 'node_modules/@sparticuz/chromium/bin')
  await withTemporary(directory, () => inflate(join(archives, 'al2023.tar.br')))
  return { executablePath, env: { ...fonts, LD_LIBRARY_PATH: join(directory, 'al2023', 'lib') } }
}

/** Beside those of the system: a bare machine has no fonts, and text without a font has no size. */
async function describeFonts(directory: string): Promise<string> {
  const file = join(directory, 'fonts.conf')
  const dirs = [join(directory, 'fonts'), '/usr/share/fonts'].map((dir) => `<dir>${dir}</dir>`).join('')
  await writeFile(file, `<fontconfig>${dirs}<cachedir>${join(directory, 'font-cache')}</cachedir></fontconfig>`)
  return file
}

/** A machine without NSS and its friends cannot load the binary; the package carries them. */
const canStart = (path: string) => spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0

/** The package unpacks into the temporary directory of the process, wherever that is. */
async function withTemporary<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = directory
  try {
    return await work()
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}
