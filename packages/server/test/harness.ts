import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { permissionsOfRole, type Role } from '@keylease/shared/contracts/permissions'
import { CreatePlatformKey, type IssuedPlatformKey } from '@keylease/shared/contracts/platform-keys'
import { newId } from '@keylease/shared/ids'
import type { Hono } from 'hono'
import type { z } from 'zod'
import { createApp } from '../src/app'
import { buildDeps, type Deps } from '../src/deps'
import { readEnv } from '../src/env'
import type { Actor, Authenticator, Principal } from '../src/platform/auth'
import { saveBootstrapToken } from '../src/platform/bootstrap'
import type { Clock } from '../src/platform/clock'
import type { Env } from '../src/platform/http'
import { createLog } from '../src/platform/log'
import { createIntake } from '../src/slices/ingest/intake'
import { createOrganization, ensureFirstOrganization } from '../src/slices/organizations/service'
import { createPlatformKey } from '../src/slices/platform-keys/service'
import { createTestDatabase } from './database'
import { cookieHeader, createPerson, keepCookies, type PersonInput, type TestPerson } from './people'

/** From sources, a thread needs to be told how they name one another. */
const sourceWorker = new URL('./source-decode-worker.mjs', import.meta.url)

export interface RequestOptions {
  token?: string | null
  /** A person in a browser, in place of a token. */
  person?: TestPerson
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
  /** A principal of a role, held in memory: it stands in for a person. For scopes, `issueKey` makes a real platform key. */
  createCredential(rights: { organizationId: string; role: Role; reach?: Principal['reach'] }): string
  /** A real person with a session; in the first organization and an Owner unless the input says otherwise. */
  createPerson(input?: Partial<PersonInput>): Promise<TestPerson>
  /** A real platform key, made by the service as an Owner unless another role is named. */
  issueKey(input: KeyInput): Promise<IssuedPlatformKey>
  /** Another process on the same database: caches, feed and app of its own. */
  openReplica(): Promise<Pick<Harness, 'deps' | 'request' | 'close'>>
  listen(): Promise<{ url: string; close(): Promise<void> }>
  close(): Promise<void>
}

type KeyInput = Partial<z.input<typeof CreatePlatformKey>> & { organizationId?: string; role?: Role; reach?: Principal['reach'] }

/** The real app on a real database of its own. */
export async function createHarness(variables: Record<string, string> = {}, clock?: Clock): Promise<Harness> {
  const database = await createTestDatabase()
  const dataDir = await mkdtemp(join(tmpdir(), 'keylease-test-'))
  const token = randomBytes(32).toString('base64url')
  const env = readEnv({ KEYLEASE_DATA_DIR: dataDir, KEYLEASE_BOOTSTRAP_TOKEN: token, ...variables })
  const logLines: string[] = []
  const build = async () => {
    const deps = await buildDeps(env, database.urls, createLog({ to: { write: (line) => void logLines.push(line) } }), clock)
    return { ...deps, intake: createIntake(deps.clock, { worker: sourceWorker }) }
  }
  const built = await build()
  const credentials = new Map<string, Principal>()
  const deps = { ...built, authenticators: [...built.authenticators, readFrom(credentials)] }
  const organizationId = await ensureFirstOrganization(deps)
  await saveBootstrapToken(deps.db, deps.keyring, organizationId, env.bootstrapToken)
  await deps.events.start()
  await deps.live.start()
  await deps.revocations.load()
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
    issueKey: ({ organizationId: owner = organizationId, role = 'owner', reach = 'organization', ...input }) =>
      createPlatformKey(
        deps,
        toActor(toPrincipal({ organizationId: owner, role, reach })),
        CreatePlatformKey.parse({ ...keyInput, ...input }),
      ),
    createPerson: (input) => createPerson(deps, { organizationId, ...input }),
    openReplica: async () => openReplica(await build(), token),
    listen: () => listen(app),
    async close() {
      await deps.live.stop()
      await deps.events.stop()
      await deps.intake.decoder.close()
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
  const token = randomBytes(32).toString('base64url')
  credentials.set(token, toPrincipal(rights))
  return token
}

let principals = 0

function toPrincipal({ organizationId, role, reach = 'organization' }: Parameters<Harness['createCredential']>[0]): Principal {
  const id = `${role}-${++principals}`
  return { kind: 'platform-key', id, name: id, organizationId, permissions: permissionsOfRole(role), reach, role }
}

const keyInput = { name: 'test', scopes: ['read'] }

const toActor = (principal: Principal): Actor => ({
  ...principal,
  request: { id: newId('request'), address: '127.0.0.1', userAgent: 'test' },
})

async function openReplica(deps: Deps, token: string): Promise<Pick<Harness, 'deps' | 'request' | 'close'>> {
  await deps.events.start()
  await deps.live.start()
  await deps.revocations.load()
  const app = createApp(deps)
  return {
    deps,
    request: (method, path, options = {}) => send(app, token, method, path, options),
    async close() {
      await deps.live.stop()
      await deps.events.stop()
      await deps.intake.decoder.close()
      await deps.outbound.close()
      await deps.db.close()
    },
  }
}

async function send(app: Hono<Env>, token: string, method: string, path: string, options: RequestOptions): Promise<Response> {
  const headers = new Headers(options.headers)
  const { person } = options
  const credential = options.token === undefined ? token : options.token
  if (!person && credential !== null && !headers.has('authorization')) headers.set('authorization', `Bearer ${credential}`)
  if (person && !headers.has('cookie') && person.cookies.size > 0) headers.set('cookie', cookieHeader(person.cookies))
  if (person && !headers.has('origin')) headers.set('origin', 'http://localhost')
  if (options.body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
  const body = options.body === undefined || typeof options.body === 'string' ? options.body : JSON.stringify(options.body)
  const incoming = { url: path, socket: { remoteAddress: options.address ?? '127.0.0.1' } }
  const response = await app.request(path, { method, headers, ...(body === undefined ? {} : { body }) }, { incoming })
  if (person) keepCookies(person.cookies, response.headers.getSetCookie())
  return response
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
