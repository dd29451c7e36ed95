import { once } from 'node:events'
import { expect, test } from 'vitest'
import { createServiceRunner, type ServiceProcess } from './service'

const { run, up, newDataDir } = createServiceRunner()
const email = 'grace@example.com'
const password = 'a long enough password'

async function readLink(service: ServiceProcess, path: string): Promise<URL> {
  let said = ''
  for (;;) {
    const link = new RegExp(`(http\\S+${path}\\?token=\\S+)`).exec(said)?.[1]
    if (link) return new URL(link)
    const [chunk] = (await Promise.race([
      once(service.child.stdout ?? service.child, 'data'),
      service.exited.then(() => [null]),
    ])) as unknown[]
    if (chunk === null) throw new Error(`It printed no link: ${said} ${(await service.exited).stderr}`)
    said += String(chunk)
  }
}

const post = (url: string, body: object) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })

test('a first start prints a link that makes the Owner; commands beside it print the next one and reset a person', async () => {
  const KEYLEASE_DATA_DIR = newDataDir()
  const service = up({ KEYLEASE_DATA_DIR })
  const first = await readLink(service, '/welcome')
  const url = await service.url
  expect(first.origin).toBe(url)
  const page = await fetch(first)
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Welcome to Keylease')])

  const command = run(['owner', 'link'], { KEYLEASE_DATA_DIR })
  const second = await readLink(command, '/welcome')
  expect((await command.exited).code).toBe(0)
  const owner = (link: URL) => post(`${url}/api/v1/owner`, { token: link.searchParams.get('token'), name: 'Grace', email, password })
  expect([(await owner(first)).status, (await owner(second)).status]).toEqual([410, 201])
  expect((await post(`${url}/api/auth/sign-in/email`, { email, password })).status).toBe(200)

  const reset = run(['user', 'reset', ' Grace@Example.com'], { KEYLEASE_DATA_DIR })
  const link = await readLink(reset, '/reset-password')
  expect((await reset.exited).code).toBe(0)
  const body = { token: link.searchParams.get('token'), newPassword: 'another long password' }
  expect((await post(`${url}/api/auth/reset-password`, body)).status).toBe(200)
  expect((await post(`${url}/api/auth/sign-in/email`, { email, password })).status).toBe(401)

  const lost = await run(['user', 'reset', email, '--factors'], { KEYLEASE_DATA_DIR }).exited
  expect([lost.code, lost.stdout]).toEqual([0, expect.stringMatching(/no second factor to remove[\s\S]+\/reset-password\?token=/)])
  expect((await run(['status', '--factors'], { KEYLEASE_DATA_DIR }).exited).code).toBe(2)

  const nobody = await run(['user', 'reset', 'nobody@example.com'], { KEYLEASE_DATA_DIR }).exited
  expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('No member has the e-mail address nobody@example.com')])

  service.child.kill('SIGTERM')
  await service.exited
  const again = up({ KEYLEASE_DATA_DIR })
  await again.url
  again.child.kill('SIGTERM')
  expect((await again.exited).stdout).not.toContain('/welcome?token=')
}, 120_000)
