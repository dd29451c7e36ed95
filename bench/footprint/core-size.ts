import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import type { Metafile } from '../../packages/sdk/node_modules/esbuild/lib/main'

const folder = new URL('../../packages/sdk/', import.meta.url)
const { build } = createRequire(new URL('package.json', folder))(
  'esbuild',
) as typeof import('../../packages/sdk/node_modules/esbuild/lib/main')

/** What is loaded with the package, minified, each piece gzipped; the rest comes with the first lease, call or report. */
export async function measureCore() {
  const { outputFiles, metafile } = await build({
    entryPoints: { index: fileURLToPath(new URL('src/index.ts', folder)) },
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    outdir: 'out',
    external: ['node:*', '@opentelemetry/api'],
  })
  const core = listEager(metafile, 'out/index.js')
  const sizes = outputFiles.map(({ path, contents }) => ({ path, bytes: gzipSync(contents).length }))
  const sum = (all: readonly { bytes: number }[]) => all.reduce((total, { bytes }) => total + bytes, 0)
  return {
    what: 'size of the package, gzipped',
    coreBytes: sum(sizes.filter(({ path }) => core.some((name) => path.endsWith(name)))),
    allBytes: sum(sizes),
  }
}

function listEager(metafile: Metafile, from: string, found = new Set<string>()): string[] {
  found.add(from)
  for (const { path, kind } of metafile.outputs[from]?.imports ?? []) {
    if (kind === 'import-statement' && path in metafile.outputs && !found.has(path)) listEager(metafile, path, found)
  }
  return [...found]
}
