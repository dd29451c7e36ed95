import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { checkPackage, Package } from '@arethetypeswrong/core'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'

const source = join(import.meta.dirname, '..')
const run = promisify(execFile)
const runProgram = (program: string, args: string[], cwd: string) => run(process.execPath, [program, ...args], { cwd })
let folder: string
let installed: string

/** The package as it would be installed, beside a program that uses it and nothing else. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'keylease-package-'))
  installed = join(folder, 'node_modules', '@keylease', 'sdk')
  await mkdir(installed, { recursive: true })
  await runProgram(join(source, 'node_modules/tsup/dist/cli-default.js'), ['--silent', '--out-dir', join(installed, 'dist')], source)
  for (const file of ['bin', 'README.md']) await cp(join(source, file), join(installed, file), { recursive: true })
  const { devDependencies, ...manifest } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  await writeFile(join(installed, 'package.json'), JSON.stringify(manifest))
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
  await writeFile(join(folder, 'main.ts'), program)
}, 60_000)
afterAll(() => rm(folder, { recursive: true, force: true }))

const program = `
import { Keylease, KeyleaseError, type Lease } from '@keylease/sdk'
import { TestKeylease } from '@keylease/sdk/testing'

const keylease: Keylease = new TestKeylease({ respond: () => Response.json({ c: 1 }) })
const { apiKey, fetch } = keylease.openai({ keyId: 'pky_1' })
const { region, credentials } = keylease.bedrock({ region: 'us-east-1' })
const quote: Response = await keylease.fetch('finnhub')('https://finnhub.io/api/v1/quote?symbol=AAPL')
const read = async (lease: Lease): Promise<string> => lease.scope.environment
await keylease.close()
console.log(JSON.stringify({ apiKey, fetch: typeof fetch, region, credentials: typeof credentials, status: quote.status, read: typeof read, is: KeyleaseError.is(null) }))
`

test('publint finds nothing to say about the package', async () => {
  const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true })
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
})

test('the types of every entry point are what is loaded; CommonJS may only import it, for it is ESM alone', async () => {
  const { name, version } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8')) as { name: string; version: string }
  const files = (await readdir(installed, { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  const paths = files.map((file) => join(file.parentPath, file.name)).filter((path) => !path.endsWith('.map'))
  const texts = await Promise.all(
    paths.map(async (path) => [`/node_modules/${name}/${relative(installed, path).replaceAll('\\', '/')}`, await readFile(path, 'utf8')]),
  )
  const result = await checkPackage(new Package(Object.fromEntries(texts), name, version))
  if (result.types === false) expect.unreachable('The package has no types.')
  const found = result.problems.map((problem) => [
    problem.kind,
    ...('entrypoint' in problem ? [problem.entrypoint, problem.resolutionKind] : []),
  ])
  expect(found.sort()).toEqual([
    // A CommonJS program of Node 22 and newer may require() it all the same: nothing in it awaits at its top.
    ['CJSResolvesToESM', '.', 'node16-cjs'],
    ['CJSResolvesToESM', './testing', 'node16-cjs'],
    // The resolution of before `exports`, which no Node that we run on has.
    ['NoResolution', '.', 'node10'],
    ['NoResolution', './testing', 'node10'],
  ])
})

test.each(['nodenext', 'bundler'])('a program that installs it is typed without another package, resolved as %s', async (resolution) => {
  const options = {
    target: 'es2024',
    lib: ['esnext', 'dom', 'dom.iterable'],
    module: resolution === 'bundler' ? 'esnext' : resolution,
    moduleResolution: resolution,
    strict: true,
    exactOptionalPropertyTypes: true,
    noEmit: true,
    types: [],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['main.ts'] }))
  const { stdout } = await runProgram(join(source, 'node_modules/typescript/bin/tsc'), ['-p', folder], folder).catch((error) => error)
  expect(stdout).toBe('')
})

test('a program that installs it runs', async () => {
  const { stdout } = await runProgram(join(folder, 'main.ts'), [], folder)
  const said = {
    apiKey: 'keylease',
    fetch: 'function',
    region: 'us-east-1',
    credentials: 'function',
    status: 200,
    read: 'function',
    is: false,
  }
  expect(JSON.parse(stdout)).toEqual(said)
})

test('the package names no package of ours that cannot be installed, and ships no schema library', async () => {
  for (const file of await readdir(join(installed, 'dist'))) {
    if (file.endsWith('.map')) continue
    expect(await readFile(join(installed, 'dist', file), 'utf8'), file).not.toMatch(/from ['"](?:@keylease\/shared|zod)/)
  }
})
