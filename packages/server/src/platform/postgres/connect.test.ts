import { createServer } from 'node:net'
import { expect, inject, test } from 'vitest'
import { StartError } from '../../env'
import { checkServer, type Session } from './connect'
import { withDatabase, withLogin } from './url'

const url = () => inject('ownerUrl')

/** A server of that version whose connections answer with these process ids, one after another. */
function fakeServer(versionMajor: number, pidsByConnection: number[][]): (url: string) => Promise<Session> {
  let opened = 0
  return async () => {
    const pids = pidsByConnection[opened++] ?? []
    return {
      query: async (sql) => ({
        rows: sql.includes('version') ? [{ major: versionMajor }] : sql.includes('pid') ? [{ pid: pids.shift() }] : [],
      }),
      end: async () => undefined,
    }
  }
}

test('the Postgres of these tests is good', async () => {
  await checkServer(url())
})

test('a wrong password, an absent database and an unreachable server are one sentence each, without the password', async () => {
  const address = new URL(url()).host
  const wrong = withLogin(url(), { user: 'keylease_owner', password: 'not-the-password' })
  await expect(checkServer(wrong)).rejects.toThrow(
    new StartError(`DATABASE_URL: ${address} refuses the login of "keylease_owner"; check user, password and pg_hba.conf.`),
  )
  await expect(checkServer(withLogin(url(), { user: 'keylease_owner', password: '' }))).rejects.toThrow(/asks for a password; put that of/)
  await expect(checkServer(withDatabase(url(), 'absent'))).rejects.toThrow(
    new StartError(`DATABASE_URL: ${address} has no database "absent"; create it or name another.`),
  )
  const closed = createServer()
  const port = await new Promise<number>((resolve) => {
    closed.listen(0, '127.0.0.1', () => {
      const bound = closed.address()
      const number = typeof bound === 'object' && bound ? bound.port : 0
      closed.close(() => resolve(number))
    })
  })
  await expect(checkServer(`postgresql://a:secret@127.0.0.1:${port}/d`)).rejects.toThrow(
    new StartError(`DATABASE_URL: no Postgres answers at 127.0.0.1:${port}; check host and port, and that it is running.`),
  )
})

test('a pooler in transaction mode is refused, whichever way it shows', async () => {
  const refusal = /^DATABASE_URL: h:6432 is a pooler in transaction mode; [^.]+\.$/
  await expect(checkServer('postgresql://u:p@h:6432/d', { connect: fakeServer(18, [[1, 2], [1]]) })).rejects.toThrow(refusal)
  await expect(checkServer('postgresql://u:p@h:6432/d', { connect: fakeServer(18, [[1, 3], [2]]) })).rejects.toThrow(refusal)
  await checkServer('postgresql://u:p@h:6432/d', { connect: fakeServer(18, [[1, 1], [2]]) })
})

test('a server older than 15 is refused, one newer than 18 is used with a warning', async () => {
  const warnings: string[] = []
  const warn = (sentence: string) => void warnings.push(sentence)
  await expect(checkServer('postgresql://h/d', { connect: fakeServer(14, [[1, 1], [2]]), warn })).rejects.toThrow(
    /runs Postgres 14; Keylease needs 15 to 18/,
  )
  await checkServer('postgresql://h/d', { connect: fakeServer(15, [[1, 1], [2]]), warn })
  expect(warnings).toEqual([])
  await checkServer('postgresql://h/d', { connect: fakeServer(19, [[1, 1], [2]]), warn })
  expect(warnings).toHaveLength(1)
})
