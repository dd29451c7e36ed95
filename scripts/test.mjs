import { bootstrap } from './bootstrap.mjs'
import { failWith } from './workspace/run.mjs'
import { checkSuite, formatCounts, playwrightSuite, runSuites, vitestSuite } from './workspace/suites.mjs'

try {
  await bootstrap()
  const total = await runSuites([
    checkSuite('format', 'biome', ['format', '.']),
    checkSuite('lint', 'biome', ['lint', '--error-on-warnings', '.']),
    checkSuite('boundaries', 'depcruise', ['--config', '.dependency-cruiser.cjs', 'packages', 'tests', 'examples']),
    checkSuite('unused code', 'knip', []),
    checkSuite('types', 'turbo', ['run', 'types', '--output-logs=errors-only']),
    vitestSuite(),
    playwrightSuite(),
  ])
  process.stdout.write(`${formatCounts(total)}\n`)
  process.exitCode = total.failed === 0 ? 0 : 1
} catch (error) {
  failWith(error)
}
