// node examples/openai-chat/main.ts, with KEYLEASE_URL and KEYLEASE_TOKEN set and no key of OpenAI anywhere.
import { Keylease, KeyleaseError } from '@keylease/sdk'
import OpenAI from 'openai'

await using keylease = new Keylease()
const openai = new OpenAI(keylease.openai())

const ask = (question: string) => openai.chat.completions.create({ model: 'gpt-5-mini', messages: [{ role: 'user', content: question }] })

try {
  // Who a call is for, however deep in the code it is made.
  const answer = await keylease.with({ conversation: 'c-42', user: 'u-7', tags: ['checkout'] }, () => ask('What is a lease?'))
  process.stdout.write(`${answer.choices[0]?.message.content}\n${JSON.stringify(answer.usage)}\n`)
} catch (error) {
  // A refusal of Keylease looks like an error of OpenAI to the client; this tells the two apart.
  const refusal = KeyleaseError.from(error)
  if (!refusal) throw error
  process.stderr.write(`${refusal.code}: ${refusal.message}\n`)
  process.exitCode = 1
}
