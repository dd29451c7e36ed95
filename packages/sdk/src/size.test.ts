import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { beforeAll, expect, it } from 'vitest'
import { bundleCore } from '../test/core-bundle'

interface Chunk {
  text: string
  gzippedBytes: number
  /** How many bytes of each source lie in it. */
  sources: Map<string, number>
}

let chunks: Map<string, Chunk>
let core: Chunk[]

beforeAll(async () => {
  const { outputFiles, metafile, core: eager } = await bundleCore()
  const toChunk = (path: string, { inputs }: Metafile['outputs'][string]): Chunk => {
    const file = outputFiles.find((one) => one.path.replaceAll('\\', '/').endsWith(path))
    if (!file) throw new Error(`${path} was not written`)
    const sources = new Map(Object.entries(inputs).map(([name, { bytesInOutput }]) => [name, bytesInOutput]))
    return { text: file.text, gzippedBytes: gzipSync(file.contents).length, sources }
  }
  chunks = new Map(Object.entries(metafile.outputs).map(([path, output]) => [path, toChunk(path, output)]))
  core = eager.flatMap((path) => chunks.get(path) ?? [])
})

it('the core is at most 12 KB gzipped', () => {
  expect(core.length).toBeGreaterThan(1)
  expect(core.reduce((sum, { gzippedBytes }) => sum + gzippedBytes, 0)).toBeLessThanOrEqual(12_000)
})

it('no schema library, price or tokenizer is anywhere in the package', () => {
  const banned =
    /node_modules\/(?:\.pnpm\/)?(?:zod|@pydantic|gpt-tokenizer|js-tiktoken)\b|shared\/src\/pricing\/(?!vector)|shared\/src\/contracts\//
  const found = [...chunks.values()].flatMap(({ sources }) => [...sources]).filter(([name, bytes]) => bytes > 0 && banned.test(name))
  expect(found).toEqual([])
})

it('the core holds no reader, no provider’s wire and no sealing', () => {
  const names = core.flatMap(({ sources }) => [...sources].flatMap(([name, bytes]) => (bytes > 0 ? name : [])))
  expect(names.filter((name) => /metering\/|providers\/wires\/|\/hpke\//.test(name))).toEqual([])
})

it('what runs only on Node is in chunks of its own', () => {
  expect(core.filter(({ text }) => /from"node:/.test(text))).toEqual([])
})
