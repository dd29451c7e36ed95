import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { failWith, root, runCommand, ScriptError, workspaceNode } from './workspace/run.mjs'

const folder = join(root, 'bench')
const nodeArgs = [
  '--expose-gc',
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  '--import',
  './bench/support/resolve.mjs',
]

try {
  const names = readdirSync(folder).flatMap((file) => (file.endsWith('.ts') ? [file.slice(0, -'.ts'.length)] : []))
  const name = process.argv[2]
  if (name !== undefined && !names.includes(name))
    throw new ScriptError(`There is no benchmark "${name}": choose one of ${names.join(', ')}.`)
  await bootstrap()
  for (const one of name === undefined ? names : [name]) {
    const { code } = await runCommand(workspaceNode, [...nodeArgs, join(folder, `${one}.ts`)])
    if (code !== 0) throw new ScriptError(`The benchmark "${one}" failed.`)
  }
} catch (error) {
  failWith(error)
}
