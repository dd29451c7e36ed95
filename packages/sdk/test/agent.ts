import { Keylease } from '../src/keylease'

/** An agent in a process of its own: it calls until it has made its calls, or until it is killed. */
const { AGENT_CALLS = 'Infinity', AGENT_LANES = '4', AGENT_END = 'none', AGENT_TERM = 'none' } = process.env
const keylease = new Keylease()
const send = keylease.fetch('openai')
let left = Number(AGENT_CALLS)

const call = async () => {
  const response = await send('https://api.openai.com/v1/chat/completions', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'gpt-5-mini', max_completion_tokens: 64, messages: [{ role: 'user', content: 'hi' }] }),
  })
  await response.text()
}

const lane = async () => {
  while (left-- > 0) await call()
}

/** Its own way to end: once its reports are out. */
const endByItself = () => (keylease.stats().waiting === 0 ? process.exit(7) : setTimeout(endByItself, 5))
if (AGENT_TERM === 'own') process.on('SIGTERM', endByItself)
await Promise.all(Array.from({ length: Number(AGENT_LANES) }, lane))
if (AGENT_END === 'exit') process.exit(0)
if (AGENT_END === 'close') await keylease.close()
if (AGENT_END === 'flush') await keylease.flush()
process.stdout.write(`${JSON.stringify(keylease.stats())}\n`)
if (AGENT_END === 'stay') setInterval(() => undefined, 60_000)
