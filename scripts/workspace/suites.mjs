import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runPnpm } from './pnpm.mjs'
import { cleanEnv, formatSeconds, root, runCommand, workspaceNode } from './run.mjs'
import { findScratch } from './scratch.mjs'

const nothing = { passed: 0, failed: 0, skipped: 0 }

export function addCounts(a, b) {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, skipped: a.skipped + b.skipped }
}

export function formatCounts({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** Runs every suite whatever the others say, so many at once, and adds their counts up. */
export async function runSuites(suites, lanes = 1) {
  const waiting = [...suites]
  let total = nothing
  const runLane = async () => {
    for (let suite = waiting.shift(); suite; suite = waiting.shift()) {
      const counts = await runSuite(suite)
      total = addCounts(total, counts)
    }
  }
  await Promise.all(Array.from({ length: lanes }, runLane))
  return total
}

async function runSuite({ name, run }) {
  const started = performance.now()
  const counts = await run()
  process.stdout.write(`${counts.failed === 0 ? '✓' : '✗'} ${name}: ${formatCounts(counts)}  ${formatSeconds(started)}\n`)
  return counts
}

/** A static check: one test, passed or failed, that only speaks when it fails. */
export function checkSuite(name, command, args) {
  const start = () =>
    command === 'turbo' ? runPnpm(['turbo', ...args], { capture: true }) : runCommand(command, args, { capture: true, shell: true })
  return { name, run: async () => countCheck(await start()) }
}

function countCheck({ code, output }) {
  if (code !== 0) process.stdout.write(output)
  return code === 0 ? { ...nothing, passed: 1 } : { ...nothing, failed: 1 }
}

export function vitestSuite(args = [], env = {}) {
  const prepare = (file) => ({
    args: ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args],
    env: { KEYLEASE_TEST_PROGRAM: join(root, 'packages', 'server', 'dist', 'keylease.js'), TMPDIR: dirname(file), ...env },
  })
  // A soak writes more than a memory holds.
  return reportingSuite('vitest', ['vitest', 'vitest.mjs'], readVitest, prepare, env.KEYLEASE_SOAK ? tmpdir : findScratch)
}

export function playwrightSuite() {
  return reportingSuite('playwright', ['@playwright', 'test', 'cli.js'], readPlaywright, (file) => ({
    args: ['test', '--config', 'tests/e2e/playwright.config.ts', '--reporter=list,json'],
    env: { PLAYWRIGHT_JSON_OUTPUT_NAME: file, PLAYWRIGHT_JSON_OUTPUT_FILE: file },
  }))
}

/** Run by its file: the shims in node_modules/.bin do not pass a signal on. */
function reportingSuite(name, file, read, prepare, findDirectory = tmpdir) {
  const run = async () => {
    const directory = mkdtempSync(join(findDirectory(), 'keylease-report-'))
    const remove = () => rmSync(directory, { recursive: true, force: true })
    process.once('exit', remove)
    try {
      const report = join(directory, 'report.json')
      const { args, env } = prepare(report)
      const program = join(root, 'node_modules', ...file)
      const { code } = await runCommand(workspaceNode, [program, ...args], { spawn: { env: { ...cleanEnv(), ...env } } })
      const counts = existsSync(report) ? read(JSON.parse(readFileSync(report, 'utf8'))) : nothing
      // A runner that fails outside its tests has failed too.
      return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts
    } finally {
      remove()
      process.off('exit', remove)
    }
  }
  return { name, run }
}

const readVitest = (report) => ({
  passed: report.numPassedTests,
  failed: report.numFailedTests,
  skipped: report.numPendingTests + (report.numTodoTests ?? 0),
})

const readPlaywright = ({ stats }) => ({ passed: stats.expected + stats.flaky, failed: stats.unexpected, skipped: stats.skipped })
