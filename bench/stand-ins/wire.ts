const head = { id: 'chatcmpl-B1', created: 1_763_700_000, model: 'gpt-5-mini-2025-08-07', service_tier: 'default' }
const usage = {
  prompt_tokens: 120,
  completion_tokens: 60,
  total_tokens: 180,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
}
const words = Array.from({ length: 60 }, (_, at) => ` word${at}`)
const message = { role: 'assistant', content: words.join(''), refusal: null }

/** Put into bytes once: whoever is measured against it does more for each request than this provider. */
export const body = Buffer.from(
  JSON.stringify({ ...head, object: 'chat.completion', choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }], usage }),
)

const toEvent = (event: object) => `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', ...event })}\n\n`
const toChunk = (delta: object, finish: string | null = null) =>
  toEvent({ choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }], usage: null })

const wordsPerEvent = 3
const contents = Array.from({ length: words.length / wordsPerEvent }, (_, at) =>
  words.slice(at * wordsPerEvent, (at + 1) * wordsPerEvent).join(''),
)

export const events = [
  toChunk({ role: 'assistant', content: '' }),
  ...contents.map((content) => toChunk({ content })),
  toChunk({}, 'stop'),
  toEvent({ choices: [], usage }),
  'data: [DONE]\n\n',
].map((event) => Buffer.from(event))

const question = 'Say in a few words what the last call has cost us, and which of the teams has to pay for it. '

/** A small prompt, as most calls of an agent are no smaller. */
export const request = {
  model: 'gpt-5-mini',
  messages: [
    { role: 'system' as const, content: 'You are a helpful assistant of the accounts department.' },
    { role: 'user' as const, content: question.repeat(5) },
  ],
}
