import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { globalIndexes, globalLookups, personWrites, tableClasses } from '../src/platform/tenancy'
import { createTestDatabase, type TestDatabase } from './database'
import { readModels } from './prisma-schema'
import { readTables, type Table } from './schema'

let database: TestDatabase
let tables: Table[]
let parents: Table[]
let tenants: Table[]

const classes: Record<string, string> = tableClasses
const serviceRoles = ['keylease_app', 'keylease_auth', 'keylease_system']
const tenantColumn = (table: string) => (table === 'organization' ? 'id' : 'organization_id')
const query = async <T extends object>(sql: string) => (await database.db.ownerPool.query<T>(sql)).rows

beforeAll(async () => {
  database = await createTestDatabase()
  tables = await readTables(database.db.ownerPool)
  parents = tables.filter((table) => table.partitionOf === null)
  tenants = tables.filter((table) => classes[table.partitionOf ?? table.name] === 'tenant')
})
afterAll(() => database.close())

test('every table has a class, and every class has its table', () => {
  expect(parents.map((table) => table.name).sort()).toEqual(Object.keys(tableClasses).sort())
  expect(tables.length).toBeGreaterThan(parents.length)
})

describe('tenant tables', () => {
  test('force row security, their partitions too', () => {
    expect(tenants.filter((table) => !table.hasRowSecurity || !table.forcesRowSecurity).map((table) => table.name)).toEqual([])
  })

  test('are led by the tenant in the primary key and in every index', () => {
    const exceptions: string[] = globalIndexes.map((each) => each.index)
    const stray = parents
      .filter((table) => tenants.includes(table))
      .flatMap((table) => table.indexes.filter((index) => index.columns[0] !== 'organization_id').map((index) => index.name))
    expect(stray.sort()).toEqual(exceptions.sort())
    const led = tenants.flatMap((table) => table.columns.filter((column) => column.name === tenantColumn(table.name)))
    expect(led.map((column) => [column.type, column.isNullable])).toEqual(tenants.map(() => ['text', false]))
  })

  test('point at one another only together with the tenant', () => {
    const loose = tenants.flatMap((table) =>
      table.foreignKeys
        .filter((key) => classes[key.references] === 'tenant')
        .filter((key) => key.columns[0] !== 'organization_id' || key.referencedColumns[0] !== tenantColumn(key.references))
        .map((key) => `${table.name}.${key.name}`),
    )
    expect(loose).toEqual([])
  })

  test('have the policies that are declared and no other', async () => {
    const found = await query<{ table: string; policy: string; role: string }>(
      `SELECT tablename AS table, policyname AS policy, unnest(roles)::text AS role FROM pg_policies WHERE schemaname = 'public'`,
    )
    const own = parents.filter((table) => tenants.includes(table)).map((table) => table.name)
    const expected = [
      ...own.flatMap((table) => ['keylease_app', 'keylease_system'].map((role) => ({ table, policy: 'tenant', role }))),
      ...globalLookups.map(({ table, policy, role }) => ({ table, policy, role })),
      ...personWrites.map(({ table }) => ({ table, policy: 'persons', role: 'keylease_auth' })),
    ]
    const byText = (rows: object[]) => rows.map((row) => JSON.stringify(row)).sort()
    expect(byText(found)).toEqual(byText(expected))
  })

  test('compare the tenant in the same way everywhere, for reading and for writing', async () => {
    const found = await query<{ table: string; qual: string; check: string; permissive: string }>(
      `SELECT tablename AS table, qual, with_check AS check, permissive FROM pg_policies WHERE schemaname = 'public' AND policyname IN ('tenant', 'persons')`,
    )
    const expected = found.map(({ table }) => {
      const rule = `(${tenantColumn(table)} = ( SELECT keylease_organization() AS keylease_organization))`
      return { table, qual: rule, check: rule, permissive: 'PERMISSIVE' }
    })
    expect(found).toEqual(expected)
  })
})

describe('roles', () => {
  test('that serve own nothing, stand above no rule and belong to nobody', async () => {
    const list = serviceRoles.map((role) => `'${role}'`).join(', ')
    const strong = await query(
      `SELECT rolname FROM pg_roles WHERE rolname IN (${list}) AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)`,
    )
    const owned = await query(`
      SELECT relname::text FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE rolname IN (${list})
      UNION ALL SELECT proname::text FROM pg_proc JOIN pg_roles r ON r.oid = proowner WHERE rolname IN (${list})
      UNION ALL SELECT nspname::text FROM pg_namespace JOIN pg_roles r ON r.oid = nspowner WHERE rolname IN (${list})`)
    const memberships = await query(`SELECT 1 FROM pg_auth_members JOIN pg_roles r ON r.oid = member WHERE rolname IN (${list})`)
    expect([strong, owned, memberships]).toEqual([[], [], []])
  })

  test('have no right on a partition itself, nor the right to make anything', async () => {
    const found = await query(`
      SELECT role, relname FROM pg_class, unnest(ARRAY['keylease_app', 'keylease_auth', 'keylease_system']) AS role
      WHERE relispartition AND relkind = 'r' AND (has_table_privilege(role, oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
        OR has_any_column_privilege(role, oid, 'SELECT, INSERT, UPDATE, REFERENCES'))`)
    expect(found).toEqual([])
    const makers = await query(`
      SELECT role FROM unnest(ARRAY['keylease_app', 'keylease_auth', 'keylease_system']) AS role
      WHERE has_schema_privilege(role, 'public', 'CREATE') OR has_database_privilege(role, current_database(), 'CREATE')`)
    expect(makers).toEqual([])
  })

  test('of requests reach tenant tables alone, and never a key', async () => {
    const reached = Object.keys(await readRights('keylease_app'))
    expect(reached.filter((table) => classes[table] !== 'tenant' && classes[table] !== 'membership')).toEqual([])
    expect(reached).not.toContain('organization_key')
    expect(reached).not.toContain('keyring')
  })

  test('of authentication reach what is listed here and no ciphertext', async () => {
    const persons = Object.keys(classes).filter((table) => classes[table] === 'person')
    expect(await readRights('keylease_auth')).toEqual({
      ...Object.fromEntries(persons.map((table) => [table, ['DELETE', 'INSERT', 'SELECT', 'UPDATE']])),
      audit_entry: ['INSERT'],
      audit_personal: ['INSERT'],
      audit_pending: ['INSERT'],
      bootstrap_credential: ['SELECT'],
      change: ['INSERT'],
      idempotency: ['INSERT', 'SELECT', 'UPDATE'],
      invitation: ['SELECT', 'UPDATE'],
      member: ['INSERT', 'SELECT', 'UPDATE'],
      platform_key: ['SELECT'],
      platform_key_overlap: ['SELECT'],
      team: ['SELECT', 'UPDATE'],
      team_member: ['DELETE', 'INSERT', 'SELECT'],
    })
  })

  test('of authentication read no stored answer, and change of a place or an invitation what its end or its acceptance changes', async () => {
    const columnsWith = async (right: string) => {
      const rows = await query<{ column: string }>(`
        SELECT relname || '.' || attname AS column FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relname IN ('idempotency', 'member', 'invitation', 'team') AND attnum > 0 AND NOT attisdropped
          AND has_column_privilege('keylease_auth', attrelid, attnum, '${right}') ORDER BY 1`)
      return rows.map(({ column }) => column)
    }
    const read = await columnsWith('SELECT')
    expect(read.filter((column) => /response/.test(column))).toEqual([])
    expect(await columnsWith('UPDATE')).toEqual([
      ...['created_at', 'request_hash', 'response', 'sealed_response'].map((name) => `idempotency.${name}`),
      'invitation.accepted_at',
      ...['removed_at', 'role', 'updated_at'].map((name) => `member.${name}`),
      'team.updated_at',
    ])
  })

  test('of authentication alone reach person tables', async () => {
    for (const role of ['keylease_app', 'keylease_system']) {
      expect(Object.keys(await readRights(role)).filter((table) => classes[table] === 'person')).toEqual([])
    }
  })

  test('may not rewrite what happened', async () => {
    for (const role of serviceRoles) {
      const rights = (await readRights(role))['audit_entry'] ?? []
      expect(rights.filter((right) => !['SELECT', 'INSERT'].includes(right))).toEqual([])
    }
  })

  test('find no view and no function that acts as its owner', async () => {
    expect(await query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')`)).toEqual([])
    expect(await query(`SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef`)).toEqual([])
  })
})

async function readRights(role: string): Promise<Record<string, string[]>> {
  const rows = await query<{ table: string; rights: string[] }>(`
    SELECT relname::text AS table, array_agg(DISTINCT privilege_type::text) AS rights
    FROM pg_class, LATERAL (
      SELECT grantee, privilege_type FROM aclexplode(relacl)
      UNION ALL SELECT grantee, privilege_type FROM pg_attribute, aclexplode(attacl) WHERE attrelid = pg_class.oid
    ) AS granted
    WHERE relnamespace = 'public'::regnamespace AND grantee IN (0, '${role}'::regrole) GROUP BY relname`)
  return Object.fromEntries(rows.map((row) => [row.table, row.rights]))
}

test('schema.prisma and the database agree on every column of the management tables', async () => {
  const models = await readModels()
  expect(models.length).toBeGreaterThan(0)
  for (const model of models) {
    const table = tables.find((each) => each.name === model.table)
    const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name)
    const columns = table?.columns.map(({ name, type, isNullable }) => ({ name, type, isNullable }))
    expect(columns?.sort(byName), model.table).toEqual(model.columns.sort(byName))
    expect(table?.indexes.find((index) => index.isPrimary)?.columns, model.table).toEqual(model.primaryKey)
  }
})
