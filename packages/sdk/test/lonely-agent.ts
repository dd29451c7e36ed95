import { createHash } from 'node:crypto'
import { writeHeapSnapshot } from 'node:v8'
import { Keylease } from '../src/index'

/**
 * A program that calls once and has nothing more to do. AGENT_SNAPSHOT: it closes everything and writes its heap instead. It says only what
 * it saw, never the key itself.
 */
const { AGENT_SNAPSHOT, AGENT_CALLS = '1' } = process.env
const sha = (text: string) => createHash('sha256').update(text).digest('hex')

const kept: unknown[] = []

async function work(): Promise<void> {
  const keylease = new Keylease()
  for (let call = 0; call < Number(AGENT_CALLS); call++) {
    const response = await keylease.fetch('openai')('https://api.openai.com/v1/models')
    process.stdout.write(`${response.status} ${sha(await response.text())}\n`)
  }
  const own = await keylease.lease('openai')
  kept.push(keylease, own)
  process.stdout.write(`own ${sha(own.credential.reveal())}\n`)
  if (AGENT_SNAPSHOT === undefined) return
  await own.release()
  await keylease.close()
}

await work()
if (AGENT_SNAPSHOT !== undefined) {
  for (let turn = 0; turn < 10; turn++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    ;(globalThis as { gc?: () => void }).gc?.()
  }
  writeHeapSnapshot(AGENT_SNAPSHOT)
  process.stdout.write(`${kept.length} kept\n`)
}
