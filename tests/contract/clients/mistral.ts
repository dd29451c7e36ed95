import { Mistral } from '@mistralai/mistralai'
import { type ClientCase, prompt, readField } from './client-case'

const input = { model: 'mistral-small-latest', messages: [{ role: 'user' as const, content: prompt }] }
const toOptions = (signal?: AbortSignal) => (signal ? { fetchOptions: { signal } } : {})

export const mistral: ClientCase = {
  name: '@mistralai/mistralai',
  provider: 'mistral',
  basePath: '/v1',
  wires: { whole: 'mistral/chat-plain', stream: 'mistral/chat-stream', tool: 'mistral/chat-tools' },
  open(keylease) {
    const client = new Mistral(keylease.mistral())
    return {
      async ask(signal) {
        const { choices } = await client.chat.complete(input, toOptions(signal))
        return String(choices[0]?.message?.content ?? '')
      },
      stream: (signal) => client.chat.stream(input, toOptions(signal)),
      askForTool: async () => (await client.chat.complete(input)).choices[0]?.message?.toolCalls?.[0]?.function.name,
      readStatus: (error) => readField(error, 'statusCode'),
    }
  },
}
