// node examples/bedrock/main.ts: no AWS credentials on this machine; requests are signed with the leased key.
import { BedrockRuntimeClient, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime'
import { Keylease } from '@keylease/sdk'

await using keylease = new Keylease()
const bedrock = new BedrockRuntimeClient(keylease.bedrock({ region: 'us-east-1' }))

const { stream = [] } = await bedrock.send(
  new ConverseStreamCommand({
    modelId: 'amazon.nova-micro-v1:0',
    messages: [{ role: 'user', content: [{ text: 'Say hello in five languages.' }] }],
    inferenceConfig: { maxTokens: 256 },
  }),
)

for await (const { contentBlockDelta, metadata } of stream) {
  process.stdout.write(contentBlockDelta?.delta?.text ?? '')
  if (metadata) process.stdout.write(`\n${JSON.stringify(metadata.usage)}\n`)
}
