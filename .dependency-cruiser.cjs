// The arrows of the house, one rule each: who may import whom.
const tests = '(\\.test\\.ts|\\.test-d\\.ts)$|/test/|^tests/|^bench/'

module.exports = {
  forbidden: [
    { name: 'no-circle', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'nothing-unresolved', severity: 'error', from: { pathNot: `${tests}|^examples/` }, to: { couldNotResolve: true } },
    { name: 'shared-is-a-leaf', severity: 'error', from: { path: '^packages/shared/' }, to: { path: '^packages/(?!shared/)' } },
    {
      name: 'shared-does-no-io',
      severity: 'error',
      from: { path: '^packages/shared/src', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'packages-meet-in-shared',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/', pathNot: '^packages/($1|shared)/' },
    },
    {
      name: 'sdk-asks-the-runtime-in-one-room',
      severity: 'error',
      from: { path: '^packages/sdk/src', pathNot: `^packages/sdk/src/(node|run)/|${tests}` },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'sdk-calls-rest-on-leases-and-ledger',
      severity: 'error',
      from: { path: '^packages/sdk/src/(ledger|telemetry|transport|leases)/', pathNot: tests },
      to: { path: '^packages/sdk/src/(fetch|providers|keylease)', dependencyTypesNot: ['type-only'] },
    },
    { name: 'examples-know-the-sdk-alone', severity: 'error', from: { path: '^examples/' }, to: { path: '^packages/(?!sdk/)' } },
    {
      name: 'platform-knows-no-slice',
      severity: 'error',
      from: { path: '^packages/server/src/platform', pathNot: tests },
      to: { path: '^packages/server/src/(slices|cli|main|app)' },
    },
    {
      name: 'slice-calls-service',
      severity: 'error',
      from: { path: '^packages/server/src/slices/([^/]+)/', pathNot: tests },
      to: { path: '^packages/server/src/slices/[^/]+/', pathNot: '^packages/server/src/slices/($1/|[^/]+/service\\.ts$)' },
    },
    {
      name: 'service-knows-no-http',
      severity: 'error',
      from: { path: '/(service|queries|mapping)\\.ts$' },
      to: { path: 'node_modules/hono|/routes\\.ts$|platform/http\\.ts$' },
    },
    {
      name: 'hono-in-its-rooms',
      severity: 'error',
      from: { path: '^packages/server/src', pathNot: `(app|main|routes|page)\\.tsx?$|/platform/|${tests}` },
      to: { path: 'node_modules/(hono|@hono)/' },
    },
    {
      name: 'prisma-in-its-rooms',
      severity: 'error',
      from: { path: '^packages/server/src', pathNot: `/(queries|mapping)\\.ts$|/platform/|/generated/|${tests}` },
      to: { path: 'generated/prisma' },
    },
    { name: 'product-imports-no-test', severity: 'error', from: { path: '^packages', pathNot: tests }, to: { path: tests } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'dist/|\\.turbo/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'packages/server/tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json'],
    },
  },
}
