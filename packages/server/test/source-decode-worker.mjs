import './source-modules.mjs'

await import('../src/slices/ingest/decode-worker.ts')
