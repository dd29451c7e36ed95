import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import type { Scope } from '@keylease/shared/contracts/permissions'
import { permissionsOfRole, permissionsOfScopes, type Role } from '@keylease/shared/contracts/permissions'
import { Secret } from '@keylease/shared/secret'
import type { Hono } from 'hono'
import { createApp } from '../src/app'
import { buildDeps, type Deps } from '../src/deps'
import { readEnv } from '../src/env'
import type { Authenticator, Principal } from '../src/platform/auth'
import { saveBootstrapToken } from '../src/platform/bootstrap'
import type { Env } from '../src/platform/http'
import { createLog } from '../src/platform/log'
import { createOrganization, ensureFirstOrganization } from '../src/slices/organizations/service'
import { createTestDatabase } from './database'

interface RequestOptions {
  token?: string | null
  body?: unknown
  headers?: Record<string, string>
  address?: string
}

export interface Harness {
  deps: Deps
  app: Hono<Env>
  /** The bootstrap token of the first organization. */
  token: string
  organizationId: string
  logLines: string[]
  request(method: string, path: string, options?: RequestOptions): Promise<Response>
  createTenant(): Promise<string>
  createCredential(rights: { organizationId: string; role?: Role; scopes?: Scope[] }): string
  listen(): Promise<{ url: string; close(): Promise<void> }>
  close(): Promise<void>
}

/** The real app on a real database of its own. */
export async function createHarness(variables: Record<string, string> = {}): Promise<Harness> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'keylease-test-'))
  const token = randomBytes(32).toString('base64url')
  const env = readEnv({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token, ...variables })
  const logLines: string[] = []
  const built = await buildDeps(env, database.urls, createLog({ to: { write: (line) => void logLines.push(line) } }))
  const credentials = new Map<string, Principal>()
  const deps = { ...built, authenticators: [...built.authenticators, readFrom(credentials)] }
  const organizationId = await ensureFirstOrganization(deps)
  await saveBootstrapToken(deps.db, deps.keyring, organizationId, env.bootstrapToken)
  await deps.events.start()
  const app = createApp(deps)
  return {
    deps,
    app,
    token,
    organizationId,
    logLines,
    request: (method, path, options = {}) => send(app, token, method, path, options),
    createTenant: () => createOrganization(deps, 'Another'),
    createCredential: (rights) => addCredential(credentials, rights),
    listen: () => listen(app),
    async close() {
      await deps.events.stop()
      await deps.outbound.close()
      await deps.db.close()
      await database.close()
      await rm(dataDir, { recursive: true, force: true })
    },
  }
}

function readFrom(credentials: Map<string, Principal>): Authenticator {
  return { authenticate: async ({ bearer }) => (bearer && credentials.get(bearer.reveal())) ?? null }
}

function addCredential(credentials: Map<string, Principal>, rights: Parameters<Harness['createCredential']>[0]): string {
  const token = new Secret(randomBytes(32).toString('base64url')).reveal()
  const permissions = rights.role ? permissionsOfRole(rights.role) : permissionsOfScopes(rights.scopes ?? [])
  const id = `credential-${credentials.size}`
  credentials.set(token, { kind: 'platform-key', id, name: id, organizationId: rights.organizationId, permissions, reach: 'organization' })
  return token
}

async function send(app: Hono<Env>, token: string, method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers(options.headers)
  const credential = options.token === undefined ? token : options.token
  if (credential !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${credential}`)
  if (options.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
  const body = options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
  const incoming = { url: path, socket: { remoteAddress: options.address ?? '127.0.0.1' } }
  return app.request(path, { method, headers, ...(body === undefined ? {} : { body }) }, { incoming })
}

async function listen(app: Hono<Env>): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer(getRequestListener(app.fetch))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}
