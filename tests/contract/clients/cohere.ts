import { CohereClientV2 } from 'cohere-ai'
import { type ClientCase, prompt, readField } from './client-case'

const input = { model: 'command-a-03-2025', messages: [{ role: 'user' as const, content: prompt }] }
const tools = [{ type: 'function' as const, function: { name: 'get_weather', parameters: {} } }]
const toOptions = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {})

export const cohere: ClientCase = {
  name: 'cohere-ai',
  provider: 'cohere',
  basePath: '',
  wires: { whole: 'cohere/chat-plain', stream: 'cohere/chat-stream', tool: 'cohere/chat-tools' },
  open(keylease) {
    const client = new CohereClientV2({ ...keylease.cohere(), maxRetries: 0 })
    return {
      async ask(signal) {
        const { message } = await client.chat(input, toOptions(signal))
        return message.content?.[0]?.type === 'text' ? message.content[0].text : ''
      },
      stream: (signal) => client.chatStream(input, toOptions(signal)),
      askForTool: async () => (await client.chat({ ...input, tools })).message.toolCalls?.[0]?.function?.name,
      readStatus: (error) => readField(error, 'statusCode'),
    }
  },
}
