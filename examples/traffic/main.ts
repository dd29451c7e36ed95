// The agent of `npm run demo`: it makes calls of every kind until it is asked to stop.
import { setTimeout as wait } from 'node:timers/promises'
import Anthropic from '@anthropic-ai/sdk'
import { Keylease, KeyleaseError } from '@keylease/sdk'
import OpenAI from 'openai'

const keylease = new Keylease()
const openai = new OpenAI(keylease.openai())
const claude = new Anthropic(keylease.anthropic())
const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, () => stop.abort())
keylease.on('revoked', ({ leaseId }) => process.stdout.write(`  agent    heard that ${leaseId} was revoked\n`))

const messages = [{ role: 'user' as const, content: 'What did the last call cost?' }]
const model = 'gpt-5-mini'

const kinds: (() => Promise<unknown>)[] = [
  () => openai.chat.completions.create({ model, messages }),
  () => openai.responses.create({ model, input: 'Say it in one sentence.' }),
  async () => {
    for await (const _ of await openai.chat.completions.create({ model, messages, stream: true })) if (stop.signal.aborted) break
  },
  () => claude.messages.stream({ model: 'claude-sonnet-5', max_tokens: 256, messages }).finalMessage(),
  // One that is left in the middle.
  async () => {
    let events = 0
    for await (const _ of await claude.messages.create({ model: 'claude-sonnet-5', max_tokens: 256, messages, stream: true })) {
      if (++events > 20) break
    }
  },
]

async function makeCalls(user: string): Promise<void> {
  for (let call = 0; !stop.signal.aborted; call++) {
    const kind = kinds[call % kinds.length] ?? (async () => undefined)
    try {
      await keylease.with({ user, conversation: `${user}-${Math.floor(call / kinds.length)}`, tags: ['demo'] }, kind)
    } catch (error) {
      process.stdout.write(`  agent    ${KeyleaseError.from(error)?.message ?? error}\n`)
    }
    await wait(300, undefined, { signal: stop.signal }).catch(() => undefined)
  }
}

await Promise.all(['u-1', 'u-2', 'u-3'].map(makeCalls))
await keylease.close()
if (process.connected) process.disconnect()
