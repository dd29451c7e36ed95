import { loadSdk } from '../support/built-sdk'

/** One call, and then nothing more to do: neither closed nor flushed. */
const [url = '', serviceUrl = ''] = process.argv.slice(2)
const { Keylease } = await loadSdk(url)
const keylease = new Keylease({ url: serviceUrl, token: 'bench' })
const chat = 'https://api.openai.com/v1/chat/completions'
const answer = await keylease.openai().fetch(chat, { method: 'POST', body: '{"model":"gpt-5-mini"}' })
await answer.text()
process.send?.(performance.timeOrigin + performance.now())
process.disconnect()
