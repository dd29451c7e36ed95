import type { Answer } from './answer'
import { openaiChat } from './openai-chat'
import { toEvent, type Wire } from './wire'

const createdAt = 1_763_700_000

const toItem = ({ id, tool, pieces }: Answer) =>
  tool
    ? {
        type: 'function_call',
        id: `fc_${id}`,
        call_id: `call_${id}`,
        name: tool.name,
        arguments: JSON.stringify(tool.input),
        status: 'completed',
      }
    : {
        type: 'message',
        id: `msg_${id}`,
        role: 'assistant',
        status: 'completed',
        content: [{ type: 'output_text', text: pieces.join(''), annotations: [] }],
      }

function toBody(answer: Answer) {
  const { id, model, inputTokens, outputTokens } = answer
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: createdAt,
    status: 'completed',
    error: null,
    incomplete_details: null,
    model,
    output: [toItem(answer)],
    usage: {
      input_tokens: inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: inputTokens + outputTokens,
    },
  }
}

function toEvents(answer: Answer): string[] {
  const whole = toBody(answer)
  const [item] = whole.output
  const item_id = item?.id
  const started = { ...whole, status: 'in_progress', output: [], usage: null }
  const opened = answer.tool ? { ...item, arguments: '', status: 'in_progress' } : { ...item, content: [], status: 'in_progress' }
  const place = { item_id, output_index: 0 }
  const inside = answer.tool
    ? [{ type: 'response.function_call_arguments.delta', ...place, delta: JSON.stringify(answer.tool.input) }]
    : answer.pieces.map((delta) => ({ type: 'response.output_text.delta', ...place, content_index: 0, delta, logprobs: [] }))
  const events = [
    { type: 'response.created', response: started },
    { type: 'response.output_item.added', output_index: 0, item: opened },
    ...inside,
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response: whole },
  ]
  return events.map((event, sequence_number) => toEvent({ ...event, sequence_number }, event.type))
}

/** https://platform.openai.com/docs/api-reference/responses */
export const openaiResponses: Wire = { toBody, toEvents, toError: openaiChat.toError }
