import { join } from 'node:path'
import { defineConfig } from 'vitest/config'

/** What a test may take at the size of `npm test`; at its full size, half an hour. */
const limitTo = (ms: number) => (process.env['KEYLEASE_SOAK'] === '1' ? 1_800_000 : ms)

export default defineConfig({
  test: {
    // Tests wait for Postgres, processes and clocks more than they compute: every core takes a file.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'unit',
          include: ['packages/shared/src/**/*.test.ts', 'scripts/**/*.test.ts'],
          isolate: false,
          testTimeout: limitTo(30_000),
        },
      },
      { test: { name: 'sdk', include: ['packages/sdk/src/**/*.test.ts'], testTimeout: limitTo(30_000), hookTimeout: 30_000 } },
      {
        test: {
          name: 'server',
          include: ['packages/server/{src,test}/**/*.test.ts'],
          // A file holds no state but what it makes and closes: the service need not be loaded again for each.
          isolate: false,
          unstubEnvs: true,
          globalSetup: ['packages/server/test/postgres.ts'],
          testTimeout: limitTo(60_000),
          hookTimeout: 60_000,
        },
      },
      {
        // The SDK as it is written, not as it was last built.
        resolve: { alias: { '@keylease/sdk': join(import.meta.dirname, 'packages/sdk/src/index.ts') } },
        test: {
          name: 'contract',
          include: ['tests/contract/**/*.test.ts'],
          globalSetup: ['packages/server/test/postgres.ts'],
          testTimeout: limitTo(60_000),
          hookTimeout: 60_000,
        },
      },
    ],
  },
})
