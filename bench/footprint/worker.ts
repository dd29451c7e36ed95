import OpenAI from '../../tests/contract/node_modules/openai/index.mjs'
import { request } from '../stand-ins/wire'
import { loadCandidate } from './candidates'

/** One candidate in a process of its own: told how many calls to make, it says what CPU they took. */
const [name = '', sdkUrl = '', serviceUrl = '', baseUrl = ''] = process.argv.slice(2)
const { createClient, settle } = await loadCandidate(name, { sdkUrl, serviceUrl, baseUrl, OpenAI })
const client = createClient()
/** Lets timers and sockets have their turn, as calls over a network do. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

async function call(calls: number): Promise<void> {
  for (let made = 0; made < calls; made++) {
    await client.chat.completions.create(request)
    if (made % 16 === 15) await breathe()
  }
  await settle()
}

process.on('message', async (calls: number) => {
  const before = process.cpuUsage()
  await call(calls)
  const { user, system } = process.cpuUsage(before)
  process.send?.((user + system) / calls)
})
process.on('disconnect', () => process.exit())
process.send?.('ready')
