import { readFileSync } from 'node:fs'

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return readState(pid)?.state !== 'Z'
}

/** A pid file may name a process that is gone, a zombie, or a stranger that got the number since. */
export function isPostgres(pid: number): boolean {
  if (!isAlive(pid)) return false
  const state = readState(pid)
  return state === undefined || state.name.startsWith('postgres')
}

/** Name and state where the system has /proc; elsewhere unknown. */
function readState(pid: number): { name: string; state: string } | undefined {
  if (process.platform !== 'linux') return undefined
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const end = stat.lastIndexOf(')')
    return { name: stat.slice(stat.indexOf('(') + 1, end), state: stat.charAt(end + 2) }
  } catch {
    return { name: '', state: 'Z' }
  }
}

export interface PidFile {
  pid: number
  port: number
}

export function readPidFile(file: string): PidFile | undefined {
  try {
    const [pid, , , port] = readFileSync(file, 'utf8').split('\n').map(Number)
    return pid && port ? { pid, port } : undefined
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Fast shutdown; an immediate one, which the next start recovers from, if a minute was not enough. */
export async function stopServer(pid: number, waitMs = 60_000): Promise<void> {
  signal(pid, 'SIGINT')
  const deadline = performance.now() + waitMs
  while (isPostgres(pid)) {
    if (performance.now() > deadline) signal(pid, 'SIGQUIT')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
