import type { Answer } from './answer'
import { toEvent, type Wire } from './wire'

const createdAt = 1_763_700_000

const toUsage = ({ inputTokens, outputTokens }: Answer) => ({
  prompt_tokens: inputTokens,
  completion_tokens: outputTokens,
  total_tokens: inputTokens + outputTokens,
  prompt_tokens_details: { cached_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0 },
})

const toToolCalls = ({ id, tool }: Answer) =>
  tool && [{ index: 0, id: `call-${id}`, type: 'function', function: { name: tool.name, arguments: JSON.stringify(tool.input) } }]

const toFinish = ({ tool }: Answer) => (tool ? 'tool_calls' : 'stop')

function toEvents(answer: Answer, request: Record<string, unknown>): string[] {
  const base = { id: `chatcmpl-${answer.id}`, object: 'chat.completion.chunk', created: createdAt, model: answer.model }
  const toChunk = (delta: object, finish_reason: string | null = null) =>
    toEvent({ ...base, choices: [{ index: 0, delta, finish_reason }] })
  const isUsageAsked = (request['stream_options'] as { include_usage?: boolean } | undefined)?.include_usage === true
  const tool_calls = toToolCalls(answer)
  return [
    toChunk({ role: 'assistant', content: tool_calls ? null : '', ...(tool_calls && { tool_calls }) }),
    ...answer.pieces.map((content) => toChunk({ content })),
    toChunk({}, toFinish(answer)),
    ...(isUsageAsked ? [toEvent({ ...base, choices: [], usage: toUsage(answer) })] : []),
    'data: [DONE]\n\n',
  ]
}

/** https://platform.openai.com/docs/api-reference/chat */
export const openaiChat: Wire = {
  toEvents,
  toError: (message) => ({ error: { message, type: 'invalid_request_error', param: null, code: 'invalid_api_key' } }),
  toBody(answer) {
    const tool_calls = toToolCalls(answer)
    const message = {
      role: 'assistant',
      content: tool_calls ? null : answer.pieces.join(''),
      refusal: null,
      ...(tool_calls && { tool_calls }),
    }
    return {
      id: `chatcmpl-${answer.id}`,
      object: 'chat.completion',
      created: createdAt,
      model: answer.model,
      choices: [{ index: 0, message, logprobs: null, finish_reason: toFinish(answer) }],
      usage: toUsage(answer),
    }
  },
}
