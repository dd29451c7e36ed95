// node examples/ai-sdk-agent/main.ts: an agent of the Vercel AI SDK with a tool; each step is a call of its own in the ledger.
import { createOpenAI } from '@ai-sdk/openai'
import { Keylease } from '@keylease/sdk'
import { generateText, jsonSchema, stepCountIs, tool } from 'ai'

await using keylease = new Keylease()
const openai = createOpenAI(keylease.openai())

const getWeather = tool({
  description: 'The weather in a city, now.',
  inputSchema: jsonSchema<{ city: string }>({ type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }),
  execute: ({ city }) => `It is sunny in ${city}, at 21 °C.`,
})

const { text, steps } = await keylease.with({ conversation: 'weather-1', tags: ['agent'] }, () =>
  generateText({
    model: openai('gpt-5-mini'),
    prompt: 'Do I need an umbrella in Paris today?',
    tools: { getWeather },
    stopWhen: stepCountIs(5),
  }),
)

for (const { toolCalls } of steps) for (const call of toolCalls) process.stdout.write(`${call.toolName} ${JSON.stringify(call.input)}\n`)
process.stdout.write(`${text}\n`)
