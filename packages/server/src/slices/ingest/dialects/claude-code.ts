import type { Attributes } from '../otlp/signal'
import type { LogDialect } from './dialect'
import { leafOf } from './kinds'

/** Claude Code, one event per request: https://code.claude.com/docs/en/monitoring-usage */
export const claudeCode: LogDialect = {
  events: ['claude_code.api_request', 'api_request'],
  program: /claude[_-]code/,
  readKind: () => leafOf('chat'),
  names: {
    input: ['input_tokens'],
    output: ['output_tokens'],
    cacheRead: ['cache_read_tokens'],
    cacheWrite: ['cache_creation_tokens'],
    cost: ['cost_usd'],
    latencyMs: ['duration_ms'],
    firstTokenMs: ['ttft_ms'],
    serviceTier: ['claude_code.tier'],
  },
  rules: { cache: 'beside' },
  unpack: ({ speed }: Attributes): Attributes => (speed === 'fast' ? { 'claude_code.tier': 'fast' } : {}),
  findProvider,
}

/** Its model ids tell through which cloud it went: https://code.claude.com/docs/en/amazon-bedrock */
function findProvider({ attributes: { model } }: { attributes: Attributes }): string {
  const name = typeof model === 'string' ? model : ''
  if (/^arn:aws|(?:^|\.)anthropic\./.test(name)) return 'bedrock'
  return /@\d{8}$/.test(name) ? 'vertex' : 'anthropic'
}
