import { bootstrap } from './bootstrap.mjs'
import { failWith } from './workspace/run.mjs'
import { addCounts, checkSuite, formatCounts, playwrightSuite, runSuites, vitestSuite } from './workspace/suites.mjs'

const checks = [
  checkSuite('types', 'turbo', ['run', 'types', '--output-logs=errors-only']),
  checkSuite('boundaries', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'tests', 'examples']),
  checkSuite('unused code', 'knip', []),
  checkSuite('lint', 'biome', ['lint', '--error-on-warnings', '.']),
  checkSuite('format', 'biome', ['format', '.']),
]

try {
  await bootstrap()
  const checked = await runSuites(checks, 2)
  const total = addCounts(checked, await runSuites([vitestSuite(), playwrightSuite()]))
  process.stdout.write(`${formatCounts(total)}\n`)
  process.exitCode = total.failed === 0 ? 0 : 1
} catch (error) {
  failWith(error)
}
