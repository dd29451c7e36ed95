import { bootstrap } from './bootstrap.mjs'
import { failWith } from './workspace/run.mjs'
import { runService } from './workspace/service.mjs'

try {
  // What the command prints is its own: the steps before it stay off standard output.
  await bootstrap((line) => process.stderr.write(`${line}\n`))
  process.exitCode = await runService(process.argv.slice(2))
} catch (error) {
  failWith(error)
}
