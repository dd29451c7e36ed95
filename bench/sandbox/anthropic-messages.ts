import type { Answer } from './answer'
import { toEvent, type Wire } from './wire'

const toBlock = ({ id, tool, pieces }: Answer) =>
  tool ? { type: 'tool_use', id: `toolu_${id}`, name: tool.name, input: tool.input } : { type: 'text', text: pieces.join('') }

function toBody(answer: Answer) {
  return {
    id: `msg_${answer.id}`,
    type: 'message',
    role: 'assistant',
    model: answer.model,
    content: [toBlock(answer)],
    stop_reason: answer.tool ? 'tool_use' : 'end_turn',
    stop_sequence: null,
    usage: {
      input_tokens: answer.inputTokens,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      output_tokens: answer.outputTokens,
      service_tier: 'standard',
    },
  }
}

function toEvents(answer: Answer): string[] {
  const { stop_reason, stop_sequence, usage, ...message } = toBody(answer)
  const begun = { ...message, content: [], stop_reason: null, stop_sequence, usage: { ...usage, output_tokens: 1 } }
  const emptyBlock = answer.tool ? { ...toBlock(answer), input: {} } : { type: 'text', text: '' }
  const deltas = answer.tool
    ? [{ type: 'input_json_delta', partial_json: JSON.stringify(answer.tool.input) }]
    : answer.pieces.map((text) => ({ type: 'text_delta', text }))
  const events = [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: emptyBlock },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason, stop_sequence }, usage: { output_tokens: usage.output_tokens } },
    { type: 'message_stop' },
  ]
  return events.map((event) => toEvent(event, event.type))
}

/** https://platform.claude.com/docs/en/api/messages */
export const anthropicMessages: Wire = {
  toBody,
  toEvents,
  toError: (message) => ({ type: 'error', error: { type: 'authentication_error', message } }),
}
