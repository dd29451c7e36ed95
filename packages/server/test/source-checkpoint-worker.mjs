import './source-modules.mjs'

await import('../src/platform/audit/checkpoint-worker.ts')
