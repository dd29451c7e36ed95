import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { generateText, jsonSchema, type LanguageModel, streamText, tool } from 'ai'
import { anthropic } from './anthropic'
import { type Calls, type ClientCase, prompt, readField } from './client-case'
import { openai } from './openai'

const tools = {
  get_weather: tool({
    inputSchema: jsonSchema<{ city: string }>({ type: 'object' }),
    outputSchema: jsonSchema<string>({ type: 'string' }),
  }),
}

function toCalls(model: LanguageModel): Calls {
  const toInput = (signal?: AbortSignal) => ({ model, prompt, maxRetries: 0, ...(signal && { abortSignal: signal }) })
  return {
    ask: async (signal) => (await generateText(toInput(signal))).text,
    stream: async (signal) => readText(streamText({ ...toInput(signal), onError: () => undefined }).fullStream),
    async askForTool() {
      const { toolCalls } = streamText({ ...toInput(), tools })
      return (await toolCalls)[0]?.toolName
    },
    readStatus: (error) => readField(error, 'statusCode'),
  }
}

/** Its stream begins before the request, and tells of errors in a part. */
async function* readText(parts: AsyncIterable<{ type: string; error?: unknown }>): AsyncIterable<unknown> {
  for await (const part of parts) {
    if (part.type === 'error') throw part.error
    if (part.type === 'abort') throw new DOMException('The stream was aborted.', 'AbortError')
    if (part.type.startsWith('text-')) yield part
  }
}

export const aiOpenai: ClientCase = {
  ...openai,
  name: '@ai-sdk/openai',
  leavesBody: true,
  open: (keylease) => toCalls(createOpenAI(keylease.openai()).chat('gpt-5-mini')),
}

export const aiAnthropic: ClientCase = {
  ...anthropic,
  name: '@ai-sdk/anthropic',
  leavesBody: true,
  open: (keylease) => toCalls(createAnthropic(keylease.anthropic())('claude-sonnet-5')),
}
