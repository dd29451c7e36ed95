import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** CPU seconds that a process has used so far, those of its ended children included. */
function readCpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = [11, 12, 13, 14].map((at) => Number(fields[at]))
  return ticks.reduce((sum, tick) => sum + tick, 0) / ticksPerSecond
}

/** The process and all that descends from it and still runs. */
export function readTreeCpuSeconds(pid: number): number {
  return listTree(pid).reduce((sum, one) => {
    try {
      return sum + readCpuSeconds(one)
    } catch {
      return sum // it ended between the two looks
    }
  }, 0)
}

function listTree(root: number): number[] {
  const listed = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
  const parents = new Map(listed.split('\n').map((line) => line.trim().split(/ +/).map(Number) as [number, number]))
  const tree = [root]
  for (const one of tree) for (const [pid, parent] of parents) if (parent === one) tree.push(pid)
  return tree
}
