// node examples/anthropic-stream/main.ts: a stream that is left early is billed and recorded as far as it came.
import Anthropic from '@anthropic-ai/sdk'
import { Keylease } from '@keylease/sdk'

await using keylease = new Keylease()
keylease.on('revoked', ({ leaseId }) => process.stderr.write(`The lease ${leaseId} was revoked.\n`))
keylease.on('degraded', ({ message }) => process.stderr.write(`${message}\n`))

const claude = new Anthropic(keylease.anthropic())
const stream = claude.messages.stream({
  model: 'claude-sonnet-5',
  max_tokens: 1_024,
  messages: [{ role: 'user', content: 'Tell me a long story about a key that was never given away.' }],
})

const longest = 400
let written = 0
for await (const event of stream) {
  if (event.type !== 'content_block_delta' || event.delta.type !== 'text_delta') continue
  process.stdout.write(event.delta.text)
  written += event.delta.text.length
  if (written > longest) break
}
process.stdout.write('\n')
