import { build, type Metafile } from 'esbuild'

/** The package as a bundler makes it for a browser, in pieces, and which of them are loaded with it; the rest comes when it is needed. */
export async function bundleCore() {
  const { outputFiles, metafile } = await build({
    entryPoints: { index: `${import.meta.dirname}/../src/index.ts` },
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
  return { outputFiles, metafile, core: listEager(metafile, 'out/index.js') }
}

function listEager(metafile: Metafile, from: string, found = new Set<string>()): string[] {
  found.add(from)
  for (const { path, kind } of metafile.outputs[from]?.imports ?? []) {
    if (kind === 'import-statement' && path in metafile.outputs && !found.has(path)) listEager(metafile, path, found)
  }
  return [...found]
}
