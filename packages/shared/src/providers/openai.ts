import { readErrorWords, readLimits, readObject, readStatus, readWord, toProbeResult } from './probe'
import type { ProbeAnswer, ProbeVerdict, Provider } from './provider'

export const openai = {
  id: 'openai',
  name: 'OpenAI',
  category: 'llm',
  baseUrl: 'https://api.openai.com/v1',
  auth: { kind: 'bearer' },
  headers: {},
  key: {
    prefixes: ['sk-svcacct-', 'sk-admin-', 'sk-proj-', 'sk-'],
    pattern: /^sk-(?:(?:proj|svcacct|admin|None)-)?[A-Za-z0-9_-]{40,200}$/,
    example: 'sk-proj-…',
  },
  requiredFields: [],
  probe: {
    method: 'GET',
    path: '/models',
    read: (answer) =>
      toProbeResult(
        readVerdict(answer),
        'failure' in answer
          ? {}
          : { organization: readWord(answer.headers['openai-organization']), limits: readLimits(answer.headers, 'x-ratelimit-') },
      ),
  },
  docsUrl: 'https://platform.openai.com/docs/api-reference/authentication',
  icon: 'openai',
  setup: [
    'Open platform.openai.com, choose the project, and go to API keys.',
    'Create a key of a service account with the permissions that your agents need.',
    'Copy it once and store it here; delete it from wherever else it was kept.',
  ],
} as const satisfies Provider

/** https://platform.openai.com/docs/guides/error-codes */
function readVerdict(answer: ProbeAnswer): ProbeVerdict {
  const verdict = readStatus(answer)
  if ('failure' in answer) return verdict
  const words = readErrorWords(answer.body)
  if (verdict === 'accepted') return readObject(answer.body) ? 'accepted' : 'unexpected_answer'
  if (verdict === 'rejected' && words.includes('ip_not_authorized')) return 'forbidden'
  if (verdict === 'forbidden' && words.includes('missing_scope')) return 'restricted'
  if (verdict === 'rate_limited' && words.includes('insufficient_quota')) return 'no_quota'
  return verdict
}
