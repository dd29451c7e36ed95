import Anthropic from '@anthropic-ai/sdk'
import { type Calls, type ClientCase, prompt, readField } from './client-case'

const input = { model: 'claude-sonnet-5', max_tokens: 1024, messages: [{ role: 'user' as const, content: prompt }] }
const tools = [{ name: 'get_weather', description: 'Weather', input_schema: { type: 'object' as const } }]

const toCalls = (client: Anthropic): Calls => ({
  async ask(signal) {
    const { content } = await client.messages.create(input, { signal })
    return content[0]?.type === 'text' ? content[0].text : ''
  },
  stream: (signal) => client.messages.create({ ...input, stream: true }, { signal }),
  async askForTool() {
    const { content } = await client.messages.stream({ ...input, tools }).finalMessage()
    return content[0]?.type === 'tool_use' ? content[0].name : undefined
  },
  readStatus: (error) => readField(error, 'status'),
})

export const anthropic: ClientCase = {
  name: '@anthropic-ai/sdk',
  provider: 'anthropic',
  basePath: '',
  wires: { whole: 'anthropic/messages-plain', stream: 'anthropic/messages-stream', tool: 'anthropic/messages-stream-tool' },
  open: (keylease) => toCalls(new Anthropic({ ...keylease.anthropic(), maxRetries: 0 })),
}

export const wrappedAnthropic: ClientCase = {
  ...anthropic,
  name: '@anthropic-ai/sdk, wrapped',
  open: (keylease) => toCalls(keylease.wrap(new Anthropic({ apiKey: 'sk-of-before', maxRetries: 0 }))),
}
