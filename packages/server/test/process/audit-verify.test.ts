import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createAnchorSender } from '../../src/platform/audit/anchors'
import { createHarness, type Harness } from '../harness'
import { createServiceRunner, type Exit } from './service'

const runner = createServiceRunner()
let harness: Harness
let directory: string
let token: string
let tenant: string

beforeAll(async () => {
  harness = await createHarness()
  directory = mkdtempSync(join(tmpdir(), 'keylease verify '))
  tenant = await harness.createTenant()
  token = harness.createCredential({ organizationId: tenant, role: 'owner' })
})
afterAll(async () => {
  await harness.close()
  rmSync(directory, { recursive: true, force: true })
})

const anchorFile = () => join(directory, 'anchors.jsonl')

async function exportTo(name: string, query = 'format=json'): Promise<string> {
  const response = await harness.request('GET', `/api/v1/audit/export?${query}`, { token, headers: { 'user-agent': '=HYPERLINK("x")' } })
  expect(response.status).toBe(200)
  expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="keylease-audit-\d{4}-\d\d-\d\d\.(csv|jsonl)"$/)
  const file = join(directory, name)
  writeFileSync(file, await response.text())
  return file
}

async function createProject(name: string): Promise<string> {
  const response = await harness.request('POST', '/api/v1/projects', { token, body: { name } })
  return ((await response.json()) as { id: string }).id
}

/** The real program in a process that knows no database and no key. */
const verify = (...words: string[]): Promise<Exit> =>
  runner.run(['audit', 'verify', ...words], { DATABASE_URL: 'postgres://127.0.0.1:1/none' }).exited

/** What only somebody who owns the database can do. */
async function changeDatabase(statement: string, values: unknown[]): Promise<void> {
  const { ownerPool } = harness.deps.db
  for (const table of ['audit_entry', 'audit_leaf', 'audit_checkpoint', 'audit_pending']) {
    await ownerPool.query(`ALTER TABLE ${table} DISABLE TRIGGER USER; ALTER TABLE ${table} NO FORCE ROW LEVEL SECURITY`)
  }
  expect((await ownerPool.query(statement, values)).rowCount).toBe(1)
  for (const table of ['audit_entry', 'audit_leaf', 'audit_checkpoint', 'audit_pending']) {
    await ownerPool.query(`ALTER TABLE ${table} ENABLE TRIGGER USER; ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`)
  }
}

it('an export is verified offline, as JSON and as a table, with and without anchors', async () => {
  for (const name of ['=1+1', "'quoted", 'a "quoted" name', 'ünï']) await createProject(name)
  const files = [await exportTo('a.jsonl'), await exportTo('b.csv', 'format=csv')]
  await createAnchorSender({ ...harness.deps, file: anchorFile(), url: undefined })()
  for (const file of files) {
    for (const words of [[file], [file, '--anchor', anchorFile()]]) {
      const exit = await verify(...words)
      expect(exit).toMatchObject({ code: 0, stderr: '' })
      expect(exit.stdout).toMatch(/^verified: \d entries in \d checkpoints, 0 findings\norganization org_/)
    }
  }
  const cells = readFileSync(files[1] ?? '', 'utf8').split(/,|\r\n/)
  expect(cells.filter((cell) => /^"?[=+@\t-]/.test(cell))).toEqual([])
})

it('a range of time is exported in whole checkpoints and verified', async () => {
  await createProject('early-one')
  const lines = readFileSync(await exportTo('early.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  const records = lines.map((line) => JSON.parse(line) as { type: string; createdAt: string })
  const sealedAt = records.findLast((record) => record.type === 'checkpoint')?.createdAt ?? ''
  const from = new Date(Date.parse(sealedAt) + 1).toISOString()
  await createProject('late-one')
  const file = await exportTo('range.jsonl', `from=${from}`)
  const text = readFileSync(file, 'utf8')
  expect([text.includes('early-one'), text.includes('late-one')]).toEqual([false, true])
  await createAnchorSender({ ...harness.deps, file: anchorFile(), url: undefined })()
  expect(await verify(file, '--anchor', anchorFile())).toMatchObject({ code: 0 })
})

it('an entry that was edited, deleted or inserted in the database is named', async () => {
  const [edited, deleted] = [await createProject('edited'), await createProject('deleted')]
  const found = await harness.request('GET', '/api/v1/audit?action=project.created&limit=2', { token })
  const [second, first] = ((await found.json()) as { items: { id: string }[] }).items.map((item) => item.id)
  await exportTo('sealed.jsonl')
  await changeDatabase(`UPDATE audit_entry SET actor_name = 'somebody else' WHERE resource_id = $1`, [edited])
  await changeDatabase('DELETE FROM audit_entry WHERE resource_id = $1', [deleted])
  const inserted = newId('auditEntry')
  await changeDatabase(
    `INSERT INTO audit_entry VALUES ($1, now(), $2, 'person', 'p', 'p', 'forged', 'x', 'y', 'r', NULL, NULL, '\\x00', '\\x00')`,
    [tenant, inserted],
  )
  for (const query of ['format=json', 'format=csv']) {
    const exit = await verify(await exportTo('tampered', query))
    expect(exit.code).toBe(1)
    expect(exit.stdout).toMatch(new RegExp(`✗ entry ${first} \\(checkpoint \\d+, index \\d+\\): it was changed`))
    expect(exit.stdout).toMatch(new RegExp(`✗ entry ${second} \\(checkpoint \\d+, index \\d+\\): it was deleted`))
    expect(exit.stdout).toContain(`✗ entry ${inserted}: it is in no checkpoint`)
    expect(exit.stdout).toMatch(/NOT verified: \d+ entries in \d+ checkpoints, 3 findings/)
  }
})

it('a file that was changed after its export, is no export or is not there is refused', async () => {
  const file = await exportTo('changed.jsonl')
  appendFileSync(file, '\n')
  expect(await verify(file)).toMatchObject({ code: 1 })
  writeFileSync(file, 'hello')
  expect((await verify(file)).stdout).toContain('✗ line 1: this is not the first line of an export')
  expect(await verify(join(directory, 'absent'))).toMatchObject({ code: 1, stderr: expect.stringMatching(/^There is no file .*absent; /) })
  expect(await verify()).toMatchObject({ code: 2 })
})

it('an export is written down before it is written out', async () => {
  const text = readFileSync(await exportTo('own.jsonl'), 'utf8')
  expect(text).toContain('"action":"audit.exported"')
  await harness.deps.security.flush()
  const events = await harness.request('GET', '/api/v1/audit?kind=security&action=exported', { token })
  expect(((await events.json()) as { total: number }).total).toBeGreaterThan(0)
})
