import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { MissingPeer } from './peer'

const longestMs = 300_000

export async function runInstaller(command: string, parameters: readonly string[], cwd: string): Promise<MissingPeer | null> {
  try {
    await promisify(execFile)(command, parameters, { cwd, timeout: longestMs })
    return null
  } catch {
    return { reason: `it could not be installed: ${command} ${parameters[0]} failed or took longer than ${longestMs / 60_000} minutes` }
  }
}
