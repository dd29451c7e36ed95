import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface Product {
  url: string
  /** What the start prints while nobody owns the instance. */
  ownerLink: string | null
  /** Asks it to stop; anything but exit code 0 is a failure. */
  stop(): Promise<void>
}

const program = join(import.meta.dirname, '../../packages/server/dist/keylease.js')
const startMs = 90_000

/** The built product as an operator starts it, on a port of its own choosing. */
export async function startProduct(dataDir: string, token: string): Promise<Product> {
  const { DATABASE_URL, DATABASE_DIRECT_URL, ...inherited } = process.env
  const env = { ...inherited, PORT: '0', HOST: '127.0.0.1', KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token }
  const child = spawn(process.execPath, [program, 'up'], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const { url, ownerLink } = await readLinks(child)
  return { url, ownerLink, stop: () => stopProduct(child) }
}

async function readLinks(child: ChildProcess): Promise<Pick<Product, 'url' | 'ownerLink'>> {
  let said = ''
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      child.kill('SIGTERM')
      reject(new Error(`The product did not start: ${reason}\n${said}`))
    }
    const late = setTimeout(fail, startMs, 'it took too long.')
    const listen = (chunk: Buffer) => {
      said += chunk
      const url = /Service +(http:\S+)/.exec(said)?.[1]
      if (!url || !said.includes('Root key')) return
      clearTimeout(late)
      resolve({ url, ownerLink: /(http\S+\/welcome\?token=\S+)/.exec(said)?.[1] ?? null })
    }
    child.stdout?.on('data', listen)
    child.stderr?.on('data', listen)
    child.once('exit', (code) => {
      clearTimeout(late)
      fail(`it ended with exit code ${code}.`)
    })
  })
}

async function stopProduct(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  const [code] = await ended
  if (code !== 0) throw new Error(`The product ended with exit code ${code}; a stop by SIGTERM ends with 0.`)
}
