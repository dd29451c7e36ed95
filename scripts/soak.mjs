import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, release, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { failWith, root, runCommand, ScriptError, workspaceNode } from './workspace/run.mjs'
import { formatCounts, runSuites, vitestSuite } from './workspace/suites.mjs'

try {
  await bootstrap()
  const name = process.argv[2] ?? 'all'
  if (!/^[a-z0-9-]+$/.test(name))
    throw new ScriptError(`"${name}" is not a soak name: use the small letters, digits and hyphens of a test file's name.`)
  const counts = await soak(name)
  process.stdout.write(`${formatCounts(counts)}\n`)
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1
} catch (error) {
  failWith(error)
}

async function soak(name) {
  const directory = mkdtempSync(join(tmpdir(), 'keylease-soak-'))
  const record = join(directory, 'sizes.jsonl')
  writeFileSync(record, '')
  try {
    const started = performance.now()
    const env = { KEYLEASE_SOAK: '1', KEYLEASE_SOAK_RECORD: record }
    const counts = await runSuites([vitestSuite(name === 'all' ? [] : [name], env)])
    const sizes = readFileSync(record, 'utf8').trim().split('\n').filter(Boolean)
    await writeResult(name, {
      counts,
      sizes: sizes.map((line) => JSON.parse(line)),
      seconds: Math.round((performance.now() - started) / 1000),
    })
    return counts
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

async function writeResult(name, facts) {
  const { version } = JSON.parse(readFileSync(join(root, 'packages', 'server', 'package.json'), 'utf8'))
  const node = (await runCommand(workspaceNode, ['--version'], { capture: true })).output.trim()
  const head = await runCommand('git', ['rev-parse', 'HEAD'], { capture: true })
  const commit = head.code === 0 ? head.output.trim() : null
  const machine = {
    platform: `${process.platform} ${process.arch} ${release()}`,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    memoryBytes: totalmem(),
  }
  const result = { name, at: new Date().toISOString(), versions: { keylease: version, node, commit }, machine, ...facts }
  const results = join(root, 'bench', 'results')
  mkdirSync(results, { recursive: true })
  writeFileSync(join(results, `soak-${name}.json`), `${JSON.stringify(result, null, 2)}\n`)
}
