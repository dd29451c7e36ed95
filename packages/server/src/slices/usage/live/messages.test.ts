import { expect, test } from 'vitest'
import { toReading, toReport } from '../../../../test/usage'
import { toContribution } from '../contribution'
import { readMessage, toMessages } from './messages'
import { addChanges, addTeamUsage, toLiveUsage, type UsageByTeam } from './sums'

const now = new Date()
const longest = BigInt(Number.MAX_SAFE_INTEGER) ** 2n

function change(teamId: string | null, sign: 1 | -1 = 1) {
  const report = toReport({ reading: toReading({ inputUncached: 2 ** 40, outputText: 2 ** 40 }) })
  const amounts = { costNanos: longest, chargedNanos: longest }
  return { sign, of: toContribution({ ...report, owner: { ...report.owner, teamId } }, amounts) }
}

test('whatever moved reaches the other replicas to the last nano, in messages that NOTIFY takes', () => {
  const sums: UsageByTeam = new Map()
  const changes = Array.from({ length: 500 }, (_, at) => change(at === 0 ? null : `team_${String(at % 250).padStart(26, '0')}`))
  addChanges(sums, changes)
  const messages = toMessages('a'.repeat(36), 'org_01jd2f8m3n6q9rkvwxyz012345', [...sums.values()])
  expect(Math.max(...messages.map((message) => Buffer.byteLength(message)))).toBeLessThan(8_000)
  const heard: UsageByTeam = new Map()
  for (const message of messages) for (const usage of readMessage(message)?.teams ?? []) addTeamUsage(heard, usage)
  expect(toLiveUsage(heard, null, now)).toEqual(toLiveUsage(sums, null, now))
  expect(toLiveUsage(heard, null, now)).toMatchObject({ requests: 500, costNanos: String(500n * longest) })
})

test('a call that counts no longer takes back what it added', () => {
  const sums: UsageByTeam = new Map()
  addChanges(sums, [change('team_1'), change('team_1', -1)])
  expect(toLiveUsage(sums, ['team_1'], now)).toMatchObject({ requests: 0, costNanos: '0', tokens: { input: 0, output: 0 } })
  expect(toLiveUsage(sums, ['team_2'], now)).toBeNull()
})

test.each(['', 'no JSON', '{}', '[]', '{"sender":"a","organizationId":"b","teams":[{"teamId":1}]}'])(
  'a message that is none is left alone: %s',
  (message) => expect(readMessage(message)).toBeNull(),
)
