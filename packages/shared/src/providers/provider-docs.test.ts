import { expect, test } from 'vitest'
import { catalogue } from './index'
import type { Provider } from './provider'

test('docs/providers.md is what the catalogue says; `pnpm providers:docs` writes it anew', async () => {
  await expect(render()).toMatchFileSnapshot('../../../../docs/providers.md')
})

function render(): string {
  const rows = catalogue.map(
    (provider) =>
      `| ${[nameOf(provider), provider.category, authOf(provider), fieldsOf(provider), operationsOf(provider), mintOf(provider), provider.billsOnDisconnect ? 'yes' : 'no'].join(' | ')} |`,
  )
  return [
    '# Providers',
    '',
    'Made from the catalogue in `packages/shared/src/providers`: a file and its fixtures there, and a line in `index.ts`, add a row.',
    'Any other HTTP API is defined at `POST /api/v1/providers`, with the same fields.',
    '',
    '| provider | category | key travels as | a key also needs | metered operations | can mint | bills an answer that nobody waits for |',
    '|---|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n')
}

const nameOf = ({ id, name, docsUrl }: Provider) => `${docsUrl ? `[${name}](${docsUrl})` : name} \`${id}\``

function authOf({ auth }: Provider): string {
  if (auth.kind === 'header') return `header \`${auth.name}${auth.prefix ? `: ${auth.prefix.trim()} …` : ''}\``
  if (auth.kind === 'query') return `query \`${auth.name}\``
  if (auth.kind === 'aws') return 'bearer, or SigV4 signature'
  return auth.kind === 'google' ? 'header `x-goog-api-key`, or a token of a service account' : 'bearer'
}

const fieldsOf = ({ requiredFields }: Provider) => requiredFields.map((name) => `\`${name}\``).join(', ')

const operationsOf = ({ operations }: Provider) =>
  [...new Set(operations.map(({ kind }) => kind))].filter((kind) => kind !== 'management').join(', ')

const mintOf = ({ mint }: Provider) => (mint === null ? '' : `[${mint.kind}](${mint.docsUrl})`)
