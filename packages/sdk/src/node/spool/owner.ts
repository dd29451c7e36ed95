import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'

/**
 * A folder of the spool is locked by its name: the process that owns it and when that started. Taking over the folder of a dead one is
 * one rename, which succeeds for one process alone, and there is no lock that a crash could leave behind.
 */
export const nameFolder = (): string => `calls-${process.pid}-${readStart(process.pid) ?? '0'}-${randomBytes(6).toString('hex')}`

/** Nobody's: whoever comes next may have it at once. */
export const nameFreeFolder = (): string => `calls-0-0-${randomBytes(6).toString('hex')}`

const pattern = /^calls-(\d+)-([0-9a-z]+)-[0-9a-f]{12}$/

/** Null where the name is none of ours. */
export function isOwned(name: string): boolean | null {
  const match = pattern.exec(name)
  if (!match) return null
  const pid = Number(match[1])
  return pid !== 0 && isAlive(pid) && (readStart(pid) ?? '0') === match[2]
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // it is there, and somebody else's
  }
}

/** Ticks since the start of the machine, and which start: a number that is given out again is another process. Linux tells, others do not. */
function readStart(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const ticks = fields.slice(fields.lastIndexOf(')') + 2).split(' ')[19] ?? '0'
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').slice(0, 8)
    return `${ticks}${boot}`
  } catch (error) {
    if (error instanceof Error) return null
    throw error
  }
}
