import { defineConfig } from 'tsup'

export default defineConfig({
  entry: {
    keylease: 'src/cli/keylease.ts',
    'checkpoint-worker': 'src/platform/audit/checkpoint-worker.ts',
    'decode-worker': 'src/slices/ingest/decode-worker.ts',
  },
  format: 'esm',
  platform: 'node',
  target: 'node24',
  clean: true,
  sourcemap: true,
  noExternal: [/^@keylease\/shared/],
})
