import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', testing: 'src/testing/index.ts', run: 'src/run/run.ts' },
  format: 'esm',
  platform: 'neutral',
  target: 'es2022',
  clean: true,
  // Through node_modules the types of shared would stay imports of a package that nobody can install.
  dts: { compilerOptions: { paths: { '@keylease/shared/*': ['../shared/src/*'] } } },
  splitting: true,
  sourcemap: true,
  external: [/^node:/, '@opentelemetry/api'],
  noExternal: [/^@keylease\/shared/, 'hpke'],
})
