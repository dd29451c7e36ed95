import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Prints the rows and writes them with versions and machine to bench/results/<name>.json. */
export function reportBench(name: string, rows: readonly Record<string, unknown>[]): void {
  console.table(rows)
  const { version } = JSON.parse(readFileSync(`${root}packages/server/package.json`, 'utf8')) as { version: string }
  const versions = { keylease: version, node: process.version, commit: readCommit() }
  const machine = {
    platform: `${process.platform} ${process.arch} ${release()}`,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
  }
  mkdirSync(`${root}bench/results`, { recursive: true })
  writeFileSync(
    `${root}bench/results/${name}.json`,
    `${JSON.stringify({ name, at: new Date().toISOString(), versions, machine, rows }, null, 2)}\n`,
  )
}

const readCommit = (): string => execFileSync('git', ['rev-parse', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim()
