import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runOnce } from '../../../test/database'
import { readSuperuserUrl } from '../../../test/postgres'
import { StartError } from '../../env'
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded'
import { ensureRoles, printRoles } from './roles'
import { readLogin, withDatabase, withLogin } from './url'

// Roles belong to a whole server, so these tests have one of their own.
let dataDir: string
let server: EmbeddedPostgres
let url: string
let superuser: string

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'keylease-roles-'))
  server = await startEmbeddedPostgres({ dataDir, log: () => undefined, flags: ['fsync=off'] })
  url = server.url
  superuser = withDatabase(readSuperuserUrl(dataDir, url), 'keylease')
})

afterAll(async () => {
  await server.stop()
  await rm(dataDir, { recursive: true, force: true })
})

async function createLogin(attributes = ''): Promise<{ user: string; password: string }> {
  const user = `test_${randomBytes(4).toString('hex')}`
  await runOnce(superuser, `CREATE ROLE ${user} LOGIN ${attributes} PASSWORD 'secret-of-${user}'`)
  return { user, password: `secret-of-${user}` }
}

const whoAmI = async (as: string) => (await runOnce(as, 'SELECT current_user AS me')).rows[0]?.me

test('each URL logs in as its role, and none may bypass row security or make roles', async () => {
  const urls = await ensureRoles(url)
  expect([await whoAmI(urls.app), await whoAmI(urls.auth), await whoAmI(urls.system)]).toEqual([
    'keylease_app',
    'keylease_auth',
    'keylease_system',
  ])
  const { rows } = await runOnce(
    url,
    `SELECT 1 FROM pg_roles WHERE rolname ~ '^keylease_(app|auth|system)$' AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)`,
  )
  expect(rows).toEqual([])
})

test('the passwords differ from one another and from the owner, and replicas agree on them', async () => {
  const [first, second] = await Promise.all([ensureRoles(url), ensureRoles(url)])
  expect(first).toEqual(second)
  const passwords = [url, first.app, first.auth, first.system].map((each) => readLogin(each).password)
  expect(new Set(passwords).size).toBe(4)
})

test('a role whose password no longer follows from the owner gets the right one again', async () => {
  const owner = await createLogin('CREATEROLE SUPERUSER')
  const before = await ensureRoles(url)
  const rotated = await ensureRoles(withLogin(url, owner))
  expect(await whoAmI(rotated.app)).toBe('keylease_app')
  await expect(whoAmI(before.app)).rejects.toThrow(/password authentication failed/)
  expect(await whoAmI((await ensureRoles(url)).app)).toBe('keylease_app')
})

test('a role is let into a database from which everybody was shut out', async () => {
  const name = new URL(url).pathname.slice(1)
  await runOnce(
    superuser,
    `REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC, keylease_app; REVOKE USAGE ON SCHEMA public FROM PUBLIC, keylease_app`,
  )
  const urls = await ensureRoles(url).finally(() =>
    runOnce(superuser, `GRANT CONNECT ON DATABASE ${name} TO PUBLIC; GRANT USAGE ON SCHEMA public TO PUBLIC`),
  )
  expect(await whoAmI(urls.app)).toBe('keylease_app')
})

test('where the server asks for no password, the roles need none; where it does, one sentence says what to do', async () => {
  const hba = join(dataDir, 'postgres', 'data', 'pg_hba.conf')
  const scram = await readFile(hba, 'utf8')
  const bare = withLogin(url, { user: 'keylease_owner', password: '' })
  try {
    await writeFile(hba, 'host all all 127.0.0.1/32 trust\n')
    await runOnce(superuser, 'SELECT pg_reload_conf()')
    await expect.poll(() => whoAmI(bare).catch(() => null)).toBe('keylease_owner')
    expect(await whoAmI((await ensureRoles(bare)).system)).toBe('keylease_system')
    await writeFile(hba, `host all keylease_owner 127.0.0.1/32 trust\n${scram}`)
    await runOnce(superuser, 'SELECT pg_reload_conf()')
    await expect
      .poll(() => ensureRoles(bare).catch(String))
      .toMatch(/^StartError: DATABASE_URL has no password and keylease_app cannot log in without one; [^.]+\.$/)
  } finally {
    await writeFile(hba, scram)
    await runOnce(superuser, 'SELECT pg_reload_conf()')
  }
})

test('an owner that may not create roles is told what to run', async () => {
  const login = await createLogin()
  const plain = withLogin(url, login)
  const refused = await ensureRoles(plain).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(StartError)
  expect(String(refused)).toMatch(/may not set the password of keylease_app; run "keylease migrate --print-roles".*DATABASE_APP_URL/)
  expect(String(refused)).not.toContain(login.password)
})

test('named logins are used as they are, without any right to create roles', async () => {
  const urls = await ensureRoles(url)
  const plain = withLogin(url, await createLogin())
  const named = { appUrl: urls.app, authUrl: urls.auth, systemUrl: urls.system }
  expect(await ensureRoles(plain, named)).toEqual(urls)
})

test('a named login must be a member of its role and bound by row security', async () => {
  const login = await createLogin()
  const appUrl = withLogin(url, login)
  await expect(ensureRoles(url, { appUrl })).rejects.toThrow(
    new StartError(`DATABASE_APP_URL names ${login.user}, which is not a member of keylease_app; GRANT keylease_app TO "${login.user}".`),
  )
  await runOnce(superuser, `GRANT keylease_app TO ${login.user}`)
  expect((await ensureRoles(url, { appUrl })).app).toBe(appUrl)
  await expect(ensureRoles(url, { appUrl: superuser })).rejects.toThrow(
    /^DATABASE_APP_URL names keylease_superuser, which may bypass row security/,
  )
  await expect(ensureRoles(url, { appUrl: withLogin(url, { ...login, password: 'wrong' }) })).rejects.toThrow(
    /^DATABASE_APP_URL cannot log in; [^.]+\.$/,
  )
})

test('the SQL for an administrator makes roles that work', async () => {
  const sql = printRoles().replaceAll('keylease_', 'printed_').replaceAll('choose-a-password', 'chosen')
  await runOnce(superuser, sql)
  expect(await whoAmI(withLogin(url, { user: 'printed_app', password: 'chosen' }))).toBe('printed_app')
  await runOnce(superuser, 'DROP OWNED BY printed_app, printed_auth, printed_system; DROP ROLE printed_app, printed_auth, printed_system')
})

test('an escaped password in a URL survives a change of login', () => {
  const text = withLogin('postgresql://a:b@h:5433/d?sslmode=disable', { user: 'u@x', password: 'p:/?#[]@ %' })
  expect(readLogin(text)).toEqual({ user: 'u@x', password: 'p:/?#[]@ %' })
  const client = new pg.Client({ connectionString: text })
  expect([client.user, client.password, client.host, client.port, client.database]).toEqual(['u@x', 'p:/?#[]@ %', 'h', 5433, 'd'])
  const socket = withLogin('postgresql:///d?host=/run/postgresql', { user: 'u', password: 'p&q' })
  const overSocket = new pg.Client({ connectionString: socket })
  expect([overSocket.user, overSocket.password, overSocket.host, overSocket.database]).toEqual(['u', 'p&q', '/run/postgresql', 'd'])
})
