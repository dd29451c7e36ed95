import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bootstrap } from './bootstrap.mjs'
import { createAgent, createApi } from './demo/organization.mjs'
import { startProgram } from './demo/program.mjs'
import { failWith, root } from './workspace/run.mjs'
import { forwardLossOf } from './workspace/service.mjs'

const say = (name, text) => process.stdout.write(`  ${name.padEnd(8)} ${text}\n`)
const betweenSumsMs = 3000
/** After so many sums every lease of the agent is revoked, once, to be seen. */
const sumsBeforeRevocation = 4

const started = []
const dataDir = mkdtempSync(join(tmpdir(), 'keylease-demo-'))
const stopping = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort())
forwardLossOf(process.ppid, () => stopping.abort())

function start(...program) {
  const one = startProgram(...program)
  started.unshift(one)
  return one
}

async function startSandbox() {
  const args = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning', '--import', './bench/support/resolve.mjs']
  return start('sandbox', [...args, './bench/sandbox/main.ts']).find(/Sandbox (http\S+)/)
}

async function startService(token) {
  const settings = { KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token, KEYLEASE_ALLOW_PRIVATE_UPSTREAMS: '1', DATABASE_URL: '' }
  const program = join(root, 'packages', 'server', 'dist', 'keylease.js')
  const service = start('service', ['--enable-source-maps', program, 'up'], { ...settings, PORT: process.env.PORT ?? '0' })
  await service.find(/(Root key)/)
  return service.find(/Service +(http\S+)/)
}

async function showSums(api, agentId) {
  for (let sums = 1; !stopping.signal.aborted; sums++) {
    await pause(betweenSumsMs)
    if (stopping.signal.aborted) return
    const { requests, errors, costNanos, tokens, quality } = await api('GET', `/api/v1/usage/summary?agentId=${agentId}`)
    const { total } = await api('GET', `/api/v1/leases?agentId=${agentId}&status=active`)
    const cost = `$${(Number(costNanos) / 1e9).toFixed(4)}`
    say(
      'ledger',
      `${requests} calls (${quality.exact} exact, ${quality.estimated} estimated), ${errors} errors, ${tokens.inputUncached} → ${tokens.outputText} tokens, ${cost}, ${total} live leases`,
    )
    if (sums === sumsBeforeRevocation) await revokeAll(api, agentId)
  }
}

async function revokeAll(api, agentId) {
  say('revoke', 'every lease of the agent; it goes on under new ones, for its grants still stand')
  const { revoked, acknowledgedBy } = await api('POST', '/api/v1/leases/revoke', { agentId })
  say('revoke', `${revoked} leases ended; ${acknowledgedBy.acknowledged} of ${acknowledgedBy.clients} connected agents said so already`)
}

const pause = (ms) =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stopping.signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
  })

async function runDemo() {
  const token = randomBytes(32).toString('base64url')
  const [sandbox, url] = await Promise.all([startSandbox(), startService(token)])
  const api = createApi(url, token)
  const agent = await createAgent(api, sandbox)
  process.stdout.write('\nThe demo of Keylease: nothing leaves this machine, and Ctrl-C ends and removes it all.\n\n')
  say('service', `${url}/api/docs`)
  say('sandbox', `${sandbox}, in place of OpenAI and Anthropic`)
  say('try', `export KEYLEASE_URL=${url} KEYLEASE_TOKEN=${agent.token}`)
  say('', 'node examples/openai-chat/main.ts')
  process.stdout.write('\n')
  start('agent', ['./examples/traffic/main.ts'], { KEYLEASE_URL: url, KEYLEASE_TOKEN: agent.token }).show()
  await showSums(api, agent.agentId)
}

try {
  await bootstrap()
  const stopped = new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true }))
  await Promise.race([runDemo(), stopped])
} catch (error) {
  failWith(error)
} finally {
  // The agent first: it reports to the service, which is up until then.
  for (const program of started) await program.stop()
  rmSync(dataDir, { recursive: true, force: true })
  process.exit()
}
