import type { LogDialect } from './dialect'
import { leafOf } from './kinds'

/** Gemini CLI passes on what the Gemini API counts: https://github.com/google-gemini/gemini-cli/blob/main/docs/cli/telemetry.md */
export const geminiCli: LogDialect = {
  events: ['gemini_cli.api_response'],
  program: /gemini_cli/,
  readKind: () => leafOf('chat'),
  names: {
    input: ['input_token_count'],
    output: ['output_token_count'],
    cacheRead: ['cached_content_token_count'],
    reasoning: ['thoughts_token_count'],
    toolInput: ['tool_token_count'],
    total: ['total_token_count'],
    finishReason: ['finish_reasons'],
    httpStatus: ['status_code'],
    latencyMs: ['duration_ms'],
  },
  rules: { cache: 'inside', reasoning: 'beside' },
  unpack: null,
  findProvider: ({ attributes }) => (String(attributes['auth_type']).includes('vertex') ? 'vertex' : 'google'),
}
