import pg from 'pg'
import { StartError } from '../../env'
import { migrationLock } from './migrate'
import { derivePasswords, type PasswordSource, toScramVerifier } from './role-password'
import { readSqlState } from './sql-state'
import { readLogin, withLogin } from './url'

export interface RoleOverrides {
  appUrl?: string | undefined
  authUrl?: string | undefined
  systemUrl?: string | undefined
}

/** Each holds a password: not to be logged. */
export interface RoleUrls {
  app: string
  auth: string
  system: string
}

interface RoleState {
  unsafe: boolean
  reaches: boolean
}

const roles = {
  app: { name: 'keylease_app', variable: 'DATABASE_APP_URL' },
  auth: { name: 'keylease_auth', variable: 'DATABASE_AUTH_URL' },
  system: { name: 'keylease_system', variable: 'DATABASE_SYSTEM_URL' },
} as const

type Role = (typeof roles)[keyof typeof roles]

const attributes = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS'
const remedy =
  'run "keylease migrate --print-roles", let an administrator run its SQL, and set DATABASE_APP_URL, DATABASE_AUTH_URL and DATABASE_SYSTEM_URL'

/** Makes the three roles that are not the owner where they are missing, and returns a URL that logs in as each. */
export async function ensureRoles(ownerUrl: string, overrides: RoleOverrides = {}): Promise<RoleUrls> {
  const password = readLogin(ownerUrl).password
  const passwords = password ? await derivePasswords(password) : undefined
  const owner = new pg.Client({ connectionString: ownerUrl, application_name: 'keylease-roles', connectionTimeoutMillis: 10_000 })
  // Its next query reports the loss; unheard, the event would end the process.
  owner.on('error', () => undefined)
  await owner.connect()
  try {
    await owner.query('SELECT pg_advisory_lock($1)', [migrationLock])
    const ensure = (role: Role, override: string | undefined) => ensureRole({ owner, ownerUrl, passwords, role, override })
    return {
      app: await ensure(roles.app, overrides.appUrl),
      auth: await ensure(roles.auth, overrides.authUrl),
      system: await ensure(roles.system, overrides.systemUrl),
    }
  } finally {
    await owner.end()
  }
}

/** The SQL for an administrator, where DATABASE_URL may not create roles. */
export function printRoles(): string {
  const names = Object.values(roles).map((role) => role.name)
  return [
    "-- Run once in Keylease's database, as a role that may create roles. Choose three passwords, then set:",
    ...Object.values(roles).map((role) => `--   ${role.variable}=postgresql://${role.name}:PASSWORD@HOST:5432/DATABASE`),
    ...names.map((name) => `CREATE ROLE ${name} ${attributes} PASSWORD 'choose-a-password';`),
    `DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${names.join(', ')}', current_database()); END $$;`,
    `GRANT USAGE ON SCHEMA public TO ${names.join(', ')};`,
    '',
  ].join('\n')
}

interface RoleTask {
  owner: pg.Client
  ownerUrl: string
  passwords: PasswordSource | undefined
  role: Role
  override: string | undefined
}

async function ensureRole(task: RoleTask): Promise<string> {
  const { owner, role, override } = task
  const state = (await readState(owner, role.name)) ?? (await createRole(task))
  if (state.unsafe) throw new StartError(`The role ${role.name} may bypass row security; ALTER ROLE ${role.name} NOSUPERUSER NOBYPASSRLS.`)
  if (!state.reaches) await grantAccess(owner, role.name)
  if (override) {
    await checkOverride(override, role)
    return override
  }
  return loginAs(task)
}

async function readState(owner: pg.Client, name: string): Promise<RoleState | undefined> {
  const found = await owner.query<RoleState>(
    `SELECT rolsuper OR rolbypassrls AS unsafe,
       has_database_privilege(oid, current_database(), 'CONNECT') AND has_schema_privilege(oid, 'public', 'USAGE') AS reaches
     FROM pg_roles WHERE rolname = $1`,
    [name],
  )
  return found.rows[0]
}

async function createRole({ owner, role, passwords, override }: RoleTask): Promise<RoleState> {
  if (override) throw new StartError(`The role ${role.name} that ${role.variable} needs does not exist; ${remedy}.`)
  const password = passwords ? `PASSWORD ${pg.escapeLiteral(toScramVerifier(passwords(role.name)))}` : ''
  try {
    await owner.query(`CREATE ROLE ${role.name} ${attributes} ${password}`)
  } catch (cause) {
    // Roles belong to the whole server: another database of it may have made this one a moment ago.
    if (!['42710', '23505'].includes(readSqlState(cause) ?? '')) throw toStartError(cause, role, 'create')
  }
  const state = await readState(owner, role.name)
  if (!state) throw new StartError(`The role ${role.name} could not be created; ${remedy}.`)
  return state
}

async function grantAccess(owner: pg.Client, name: string): Promise<void> {
  await owner.query(`DO $$ BEGIN EXECUTE format('GRANT CONNECT ON DATABASE %I TO ${name}', current_database()); END $$`)
  await owner.query(`GRANT USAGE ON SCHEMA public TO ${name}`).catch((cause: unknown) => {
    if (readSqlState(cause) !== '42501') throw cause
  })
  if ((await readState(owner, name))?.reaches) return
  throw new StartError(`The role ${name} may not connect to this database or use its schema public; ${remedy}.`)
}

/** The derived login; where the owner's password has changed since, so does the role's. */
async function loginAs({ owner, ownerUrl, role, passwords }: RoleTask): Promise<string> {
  const url = withLogin(ownerUrl, { user: role.name, password: passwords?.(role.name) ?? '' })
  if (await canLogin(url)) return url
  if (!passwords) {
    throw new StartError(`DATABASE_URL has no password and ${role.name} cannot log in without one; put one there, or set ${role.variable}.`)
  }
  try {
    await owner.query(`ALTER ROLE ${role.name} LOGIN PASSWORD ${pg.escapeLiteral(toScramVerifier(passwords(role.name)))}`)
  } catch (cause) {
    throw toStartError(cause, role, 'set the password of')
  }
  if (await canLogin(url)) return url
  throw new StartError(
    `The role ${role.name} cannot log in with the password that it was just given; let a pooler in between know the role, or ${remedy}.`,
  )
}

async function canLogin(url: string): Promise<boolean> {
  try {
    await queryOnce(url, 'SELECT 1')
    return true
  } catch (error) {
    const state = readSqlState(error)
    // 08P01 is how a pooler refuses a login that it does not know.
    const refused =
      state?.startsWith('28') ||
      state === '08P01' ||
      (error instanceof Error && /password must be a string|no password/i.test(error.message))
    if (refused) return false
    throw error
  }
}

async function checkOverride(url: string, role: Role): Promise<void> {
  const rows = await queryOnce(
    url,
    `SELECT pg_has_role(current_user, '${role.name}', 'USAGE') AS member, rolsuper OR rolbypassrls AS unsafe FROM pg_roles WHERE rolname = current_user`,
  ).catch((cause: unknown) => {
    throw new StartError(`${role.variable} cannot log in; check its user, password, host and database.`, { cause })
  })
  const user = readLogin(url).user
  if (rows[0]?.['unsafe'] !== false)
    throw new StartError(`${role.variable} names ${user}, which may bypass row security; name ${role.name}.`)
  if (rows[0]?.['member'] !== true) {
    throw new StartError(`${role.variable} names ${user}, which is not a member of ${role.name}; GRANT ${role.name} TO "${user}".`)
  }
}

async function queryOnce(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, application_name: 'keylease-roles', connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return (await client.query<Record<string, unknown>>(sql)).rows
  } finally {
    await client.end()
  }
}

function toStartError(cause: unknown, role: Role, act: string): unknown {
  if (readSqlState(cause) !== '42501') return cause
  return new StartError(`The role in DATABASE_URL may not ${act} ${role.name}; ${remedy}.`, { cause })
}
