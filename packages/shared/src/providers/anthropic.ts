import { readErrorWords, readLimits, readObject, readStatus, readWord, toProbeResult } from './probe'
import type { ProbeAnswer, ProbeVerdict, Provider } from './provider'

export const anthropic = {
  id: 'anthropic',
  name: 'Anthropic',
  category: 'llm',
  baseUrl: 'https://api.anthropic.com',
  auth: { kind: 'header', name: 'x-api-key' },
  headers: { 'anthropic-version': '2023-06-01' },
  key: {
    prefixes: ['sk-ant-admin01-', 'sk-ant-api03-', 'sk-ant-'],
    pattern: /^sk-ant-[a-z]+\d{2}-[A-Za-z0-9_-]{80,120}$/,
    example: 'sk-ant-api03-…',
  },
  requiredFields: [],
  probe: {
    method: 'GET',
    path: '/v1/models',
    read: (answer) =>
      toProbeResult(
        readVerdict(answer),
        'failure' in answer
          ? {}
          : {
              organization: readWord(answer.headers['anthropic-organization-id']),
              limits: readLimits(answer.headers, 'anthropic-ratelimit-'),
            },
      ),
  },
  docsUrl: 'https://docs.anthropic.com/en/api/getting-started',
  icon: 'anthropic',
  setup: [
    'Open console.anthropic.com, choose the workspace, and go to API keys.',
    'Create a key in the workspace whose limits fit your agents.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
} as const satisfies Provider

/** https://docs.anthropic.com/en/api/errors */
function readVerdict(answer: ProbeAnswer): ProbeVerdict {
  const verdict = readStatus(answer)
  if ('failure' in answer) return verdict
  if (verdict === 'accepted') return readObject(answer.body) ? 'accepted' : 'unexpected_answer'
  if (verdict === 'forbidden' && readErrorWords(answer.body).includes('permission_error')) return 'restricted'
  return verdict
}
