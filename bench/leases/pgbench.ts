import { execFile, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type LeaseRequest, requestColumns } from '../../packages/server/src/slices/leases/lease-request'
import type { BenchAgent } from './agents'

export const hasPgbench = spawnSync('pgbench', ['--version']).status === 0

export interface PgbenchCall {
  url: string
  organizationId: string
  policyVersion: string
  agents: readonly BenchAgent[]
  /** One lease; which agent's it is, and its ids, are others each time. */
  request: LeaseRequest
}

/** The call of the database that issues one lease, and nothing else: how often it was made, and how often in a second. */
export async function countWithPgbench(connections: number, seconds: number, call: PgbenchCall) {
  const directory = mkdtempSync(join(tmpdir(), 'keylease-bench-pgbench-'))
  const script = join(directory, 'reserve.sql')
  writeFileSync(script, toScript(call))
  try {
    const limits = ['--client', String(connections), '--jobs', '1', '--time', String(seconds)]
    const { stdout } = await promisify(execFile)('pgbench', [...limits, '--no-vacuum', '--protocol=prepared', `--file=${script}`, call.url])
    const read = (figure: RegExp) => Number(figure.exec(stdout)?.[1])
    return { calls: read(/^number of transactions actually processed: (\d+)/m), perSecond: read(/^tps = ([\d.]+)/m) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function toScript({ organizationId, policyVersion, agents, request }: PgbenchCall): string {
  const one = (values: readonly string[]) => `(ARRAY[${values.map(quote).join(', ')}])[:turn]`
  const agent = one(agents.map(({ id }) => id))
  const holder = one(agents.map(({ platformKeyId }) => platformKeyId))
  const others = new Map([
    [request.id, newIdSql('lse_')],
    [request.audit_id, newIdSql('aud_')],
    [request.agent_id, agent],
    [request.holder_id, holder],
  ])
  const columns = requestColumns.map(({ type, read }) => {
    const value = read(request)
    return `ARRAY[${others.get(String(value)) ?? toLiteral(type, value)}]::${type}[]`
  })
  const head = [quote(organizationId), policyVersion, 'now()', '1000', 'NULL', `ARRAY[${agent}]`, 'ARRAY[1]', `ARRAY[${holder}]`, 'NULL']
  return `\\set turn random(1, ${agents.length})\nSELECT keylease_reserve(${[...head, ...columns].join(', ')});\n`
}

/** As long as an id of ours. */
const newIdSql = (prefix: string) => `'${prefix}${randomBytes(4).toString('hex')}' || left(md5(random()::text), 18)`
const quote = (text: string) => `'${text.replaceAll("'", "''")}'`

/** To pgbench a colon before a word is a variable, in a text too. */
const withoutVariables = (text: string) => text.replaceAll(/:(?=\w)/g, ': ')

function toLiteral(type: string, value: unknown): string {
  if (value === null) return 'NULL'
  return quote(type === 'bytea' ? `\\x${value}` : withoutVariables(String(value)))
}
