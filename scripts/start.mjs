import { bootstrap } from './bootstrap.mjs'
import { failWith } from './workspace/run.mjs'
import { runService } from './workspace/service.mjs'

try {
  await bootstrap()
  process.exitCode = await runService(['up'])
} catch (error) {
  failWith(error)
}
