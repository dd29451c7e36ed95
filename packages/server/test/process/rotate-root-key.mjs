// Rotates the root key in a process of its own and kills it with SIGKILL after the given step.
import { registerHooks } from 'node:module'
import pg from 'pg'

registerHooks({
  resolve(specifier, context, next) {
    const isSource = /^\.\.?\//.test(specifier) && !/\.\w+$/.test(specifier)
    return next(isSource ? `${specifier}.ts` : specifier, context)
  },
})

const [url, file, fatalStep] = process.argv.slice(2)
const { rotateRootKey } = await import('../../src/cli/root-key-rotate.ts')
const { createLocalRootKeys } = await import('../../src/platform/kms/local.ts')

const systemPool = new pg.Pool({ connectionString: url })
const connectDirect = async () => {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  return client
}
let steps = 0
await rotateRootKey(
  { systemPool, connectDirect },
  createLocalRootKeys(file),
  { info: () => undefined },
  {
    afterStep: async () => {
      if (++steps === Number(fatalStep)) process.kill(process.pid, 'SIGKILL')
    },
  },
)
await systemPool.end()
