import fs, { existsSync, readFileSync } from 'node:fs'
import { freemem, tmpdir } from 'node:os'

const memory = '/dev/shm'
const neededBytes = 4 * 1024 ** 3

/** Test databases come and go by the hundred: in memory, where that has room and runs programs, they wait for no disk. */
export function findScratch() {
  if (tmpdir() !== '/tmp' || !existsSync(memory) || !runsPrograms()) return tmpdir()
  const { bavail = 0, bsize = 0 } = fs.statfsSync?.(memory) ?? {}
  return Math.min(bavail * bsize, freemem()) > neededBytes ? memory : tmpdir()
}

function runsPrograms() {
  const mounts = readFileSync('/proc/mounts', 'utf8').split('\n')
  const options = mounts
    .find((line) => line.split(' ')[1] === memory)
    ?.split(' ')[3]
    ?.split(',')
  return options !== undefined && !options.includes('noexec')
}
