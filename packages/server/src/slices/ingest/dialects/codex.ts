import type { LogDialect } from './dialect'
import { leafOf } from './kinds'

/** Codex tells the use of a request in the event that completes its stream: https://developers.openai.com/codex/security */
export const codex: LogDialect = {
  events: ['codex.sse_event', 'codex.websocket_event'],
  program: /codex/,
  readKind: ({ attributes }) =>
    attributes['event.kind'] === 'response.completed' && attributes['input_token_count'] !== undefined ? leafOf('responses') : null,
  names: {
    requestModel: ['model', 'slug'],
    input: ['input_token_count'],
    output: ['output_token_count'],
    cacheRead: ['cached_token_count'],
    cacheWrite: ['cache_write_token_count'],
    reasoning: ['reasoning_token_count'],
    total: ['total_token_count'],
    conversation: ['conversation.id'],
    serviceTier: ['service_tier'],
  },
  rules: { cache: 'inside', reasoning: 'inside' },
  unpack: () => ({ 'gen_ai.request.stream': true }),
  findProvider: () => 'openai',
}
