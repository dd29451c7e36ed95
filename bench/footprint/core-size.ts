import { gzipSync } from 'node:zlib'
import { bundleCore } from '../../packages/sdk/test/core-bundle'

/** What is loaded with the package, minified, each piece gzipped; the rest comes with the first lease, call or report. */
export async function measureCore() {
  const { outputFiles, core } = await bundleCore()
  const sizes = outputFiles.map(({ path, contents }) => ({ path, bytes: gzipSync(contents).length }))
  const sum = (all: readonly { bytes: number }[]) => all.reduce((total, { bytes }) => total + bytes, 0)
  return {
    what: 'size of the package, gzipped',
    coreBytes: sum(sizes.filter(({ path }) => core.some((name) => path.endsWith(name)))),
    allBytes: sum(sizes),
  }
}
