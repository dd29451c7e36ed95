import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import type * as Sdk from '../../packages/sdk/src/index'

const source = fileURLToPath(new URL('../../packages/sdk', import.meta.url))

export interface BuiltSdk {
  /** Of its main file. */
  url: string
  remove(): void
}

/** The package as it is published, in a folder of its own. */
export async function buildSdk(): Promise<BuiltSdk> {
  const folder = mkdtempSync(join(tmpdir(), 'keylease-bench-sdk-'))
  const tsup = join(source, 'node_modules/tsup/dist/cli-default.js')
  await promisify(execFile)(process.execPath, [tsup, '--silent', '--no-dts', '--out-dir', folder], { cwd: source })
  return { url: pathToFileURL(join(folder, 'index.js')).href, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

export const loadSdk = (url: string): Promise<typeof Sdk> => import(url)
