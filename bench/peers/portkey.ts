import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { runInstaller } from './install'
import { awaitReady, findFreePort, type MissingPeer, type Peer, spawnPeer, stopPeer } from './peer'

const folder = fileURLToPath(new URL('.', import.meta.url))
const program = `${folder}node_modules/@portkey-ai/gateway/build/start-server.js`

export async function startPortkey(): Promise<Peer | MissingPeer> {
  if (!existsSync(program)) {
    const failure = await runInstaller('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], folder)
    if (failure) return failure
  }
  const port = await findFreePort()
  const child = spawnPeer(process.execPath, [program, `--port=${port}`, '--headless'])
  const missing = await awaitReady(child, `http://127.0.0.1:${port}/`)
  if (missing) {
    await stopPeer(child)
    return missing
  }
  return {
    pid: child.pid ?? 0,
    toOptions: (baseUrl) => ({
      baseURL: `http://127.0.0.1:${port}/v1`,
      apiKey: 'bench',
      defaultHeaders: { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': baseUrl },
    }),
    stop: () => stopPeer(child),
  }
}
