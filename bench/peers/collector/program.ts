import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInstaller } from '../install'
import type { MissingPeer } from '../peer'

const folder = fileURLToPath(new URL('.', import.meta.url))

/** Its path, once it was built from its modules at the versions of go.mod. It is built at the side of whatever else runs. */
export async function buildCollector(): Promise<string | MissingPeer> {
  const program = `${folder}.build/collector-${readCollectorVersion()}`
  if (existsSync(program)) return program
  const go = ['go', '/usr/local/go/bin/go'].find(isThere)
  if (!go) return { reason: 'it is built from Go modules, and there is no Go here' }
  return (await runInstaller('nice', ['-n', '19', go, 'build', '-p', '1', '-trimpath', '-o', program, '.'], folder)) ?? program
}

export function readCollectorVersion(): string {
  const found = /collector\/otelcol (v\S+)/.exec(readFileSync(`${folder}go.mod`, 'utf8'))?.[1]
  if (!found) throw new Error('The go.mod of the Collector names no otelcol.')
  return found
}

const isThere = (command: string): boolean =>
  command.startsWith('/') ? existsSync(command) : (process.env['PATH'] ?? '').split(':').some((path) => existsSync(`${path}/${command}`))
