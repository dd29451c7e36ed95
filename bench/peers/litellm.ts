import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInstaller } from './install'
import { awaitReady, findFreePort, type MissingPeer, type Peer, spawnPeer, stopPeer } from './peer'

const folder = fileURLToPath(new URL('.', import.meta.url))
const program = `${folder}.venv/bin/litellm`

async function install(): Promise<MissingPeer | null> {
  if (existsSync(program)) return null
  return (
    (await runInstaller('python3', ['-m', 'venv', '.venv'], folder)) ??
    (await runInstaller(`${folder}.venv/bin/pip`, ['install', '--quiet', '--requirement', 'requirements.txt'], folder))
  )
}

/** One worker and no database: what it takes to pass a call on, and no more. */
export async function startLitellm(baseUrls: readonly string[]): Promise<Peer | MissingPeer> {
  const failure = await install()
  if (failure) return failure
  const directory = mkdtempSync(join(tmpdir(), 'keylease-bench-litellm-'))
  const models = baseUrls.map((baseUrl, at) => ({
    model_name: `place-${at}`,
    litellm_params: { model: 'openai/gpt-5-mini', api_base: baseUrl, api_key: 'bench' },
  }))
  const config = join(directory, 'config.yaml')
  writeFileSync(config, JSON.stringify({ model_list: models }))
  const port = await findFreePort()
  const parameters = ['--config', config, '--host', '127.0.0.1', '--port', String(port), '--num_workers', '1']
  const child = spawnPeer(program, parameters, {
    LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY: 'true',
    LITELLM_LOCAL_MODEL_COST_MAP: 'True',
    LITELLM_TELEMETRY: 'False',
    LITELLM_LOG: 'ERROR',
  })
  const missing = await awaitReady(child, `http://127.0.0.1:${port}/health/liveliness`)
  const stop = async () => {
    await stopPeer(child)
    rmSync(directory, { recursive: true, force: true })
  }
  if (missing) {
    await stop()
    return missing
  }
  return {
    pid: child.pid ?? 0,
    toOptions: () => ({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'bench' }),
    stop,
  }
}
