import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { type ClientCase, prompt, readField } from './client-case'

const input = {
  modelId: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  messages: [{ role: 'user' as const, content: [{ text: prompt }] }],
}
const toolConfig = { tools: [{ toolSpec: { name: 'get_weather', inputSchema: { json: {} } } }] }
const toOptions = (signal?: AbortSignal) => (signal ? { abortSignal: signal } : {})

export const bedrock: ClientCase = {
  name: '@aws-sdk/client-bedrock-runtime',
  provider: 'bedrock',
  basePath: '',
  leavesBody: true,
  key: { region: 'us-east-1' },
  wires: { whole: 'bedrock/converse-plain', stream: 'bedrock/converse-stream', tool: 'bedrock/converse-tools' },
  open(keylease) {
    const client = new BedrockRuntimeClient({ ...keylease.bedrock({ region: 'us-east-1' }), maxAttempts: 1 })
    return {
      async ask(signal) {
        const { output } = await client.send(new ConverseCommand(input), toOptions(signal))
        return output?.message?.content?.find(({ text }) => text !== undefined)?.text ?? ''
      },
      async stream(signal) {
        const { stream } = await client.send(new ConverseStreamCommand(input), toOptions(signal))
        if (!stream) throw new Error('The answer of AWS holds no stream.')
        return stream
      },
      async askForTool() {
        const { output } = await client.send(new ConverseCommand({ ...input, toolConfig }))
        return output?.message?.content?.find(({ toolUse }) => toolUse !== undefined)?.toolUse?.name
      },
      readStatus: (error) => readField((error as { $metadata?: unknown }).$metadata, 'httpStatusCode'),
    }
  },
}
