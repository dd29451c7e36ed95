import { createServer, type Server } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createHarness, type Harness } from '../../test/harness'
import { type MailServer, startMailServer } from '../../test/mail-server'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function openMailServer(options?: Parameters<typeof startMailServer>[0]): Promise<MailServer> {
  const server = await startMailServer(options)
  closers.push(server.close)
  return server
}

async function openHarness(smtpUrl: string, more: Record<string, string> = {}): Promise<Harness> {
  const harness = await createHarness({ KEYLEASE_SMTP_URL: smtpUrl, ...more })
  closers.push(harness.close)
  return harness
}

const password = 'p%40ss-word-of-the-mail-server'
const urlOf = ({ port }: { port: number }, query = '') => `smtp://keylease:${password}@127.0.0.1:${port}${query}`
const invite = (harness: Harness, email: string) => harness.request('POST', '/api/v1/invitations', { body: { email } })
const linkIn = (text: string) => /https?:\/\/\S+token=[\w-]+/.exec(text.replace(/=\r?\n/g, '').replaceAll('=3D', '='))?.[0]
const failures = ({ logLines }: Harness) => logLines.filter((line) => line.includes('a mail was not delivered'))

async function expectFailure(harness: Harness, sentence: string): Promise<void> {
  expect((await invite(harness, 'ada@example.com')).status).toBe(201)
  await vi.waitFor(() => expect(failures(harness)).toHaveLength(1), { timeout: 10_000, interval: 10 })
  expect(failures(harness)[0]).toContain(sentence)
  for (const secret of [password, decodeURIComponent(password), Buffer.from(decodeURIComponent(password)).toString('base64')]) {
    expect(harness.logLines.join('\n')).not.toContain(secret)
  }
}

describe('a mail', () => {
  it('brings an invitation that can be accepted, from the sender that the operator chose', async () => {
    const server = await openMailServer({ onAuth: (auth, _session, done) => done(null, { user: auth.username ?? '' }) })
    const harness = await openHarness(urlOf(server), { KEYLEASE_SMTP_FROM: 'Keys of Acme <keys@acme.example>' })
    expect((await invite(harness, 'ada@example.com')).status).toBe(201)
    const mail = await server.receive()
    expect(mail).toMatchObject({ from: 'keys@acme.example', to: ['ada@example.com'] })
    expect(mail.text).toContain('From: Keys of Acme <keys@acme.example>')
    const token = new URL(linkIn(mail.text) ?? '').searchParams.get('token')
    const body = { token, name: 'Ada Lovelace', password: 'a long enough password' }
    expect((await harness.request('POST', '/api/v1/invitations/accept', { token: null, body })).status).toBe(201)
  })

  it('brings a link that sets a new password, and to an unknown address none', async () => {
    const server = await openMailServer()
    const harness = await openHarness(`smtp://127.0.0.1:${server.port}`)
    const person = await harness.createPerson()
    const ask = (email: string) => harness.request('POST', '/api/auth/request-password-reset', { token: null, body: { email } })
    expect((await ask('nobody@example.com')).status).toBe(200)
    expect((await ask(person.email)).status).toBe(200)
    const mail = await server.receive()
    expect([mail.from, mail.to]).toEqual(['keylease@localhost', [person.email]])
    const token = new URL(linkIn(mail.text) ?? '').searchParams.get('token')
    const reset = { token, newPassword: 'another long password' }
    expect((await harness.request('POST', '/api/auth/reset-password', { token: null, body: reset })).status).toBe(200)
  })
})

describe('an invitation is made and its failed mail is one line in the log, without the password of the mail server', () => {
  it('where the server refuses the password', async () => {
    const server = await openMailServer({ onAuth: ({ password: given }, _session, done) => done(new Error(`no ${given} here`)) })
    await expectFailure(await openHarness(urlOf(server)), 'it refused the user or the password of KEYLEASE_SMTP_URL')
  })

  it('where TLS is asked for and the server has none: nothing is sent in the clear', async () => {
    const onAuth = vi.fn()
    const server = await openMailServer({ onAuth })
    await expectFailure(await openHarness(urlOf(server, '?requireTLS=true')), 'TLS with it failed')
    expect(onAuth).not.toHaveBeenCalled()
  })

  it('where the certificate of the server is not trusted', async () => {
    const server = await openMailServer({ disabledCommands: [], onAuth: (_auth, _session, done) => done(null, { user: 'x' }) })
    await expectFailure(await openHarness(urlOf(server, '?requireTLS=true')), 'its certificate is not trusted')
  })

  it('where nobody listens', async () => {
    const port = await findClosedPort()
    await expectFailure(await openHarness(urlOf({ port })), 'it cannot be reached')
  })

  it('where the server refuses the sender', async () => {
    const server = await openMailServer({
      onAuth: (_auth, _session, done) => done(null, { user: 'x' }),
      onMailFrom: (_address, _session, done) => done(new Error('not you')),
    })
    await expectFailure(await openHarness(urlOf(server)), 'KEYLEASE_SMTP_FROM sets the sender')
  })
})

it('a mail server that says nothing delays no request', async () => {
  const silent = createServer((socket) => closers.push(async () => socket.destroy()))
  const port = await listen(silent)
  closers.push(async () => silent.close())
  const harness = await openHarness(urlOf({ port }))
  const started = performance.now()
  expect((await invite(harness, 'ada@example.com')).status).toBe(201)
  expect(performance.now() - started).toBeLessThan(5_000)
})

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

async function findClosedPort(): Promise<number> {
  const server = createServer()
  const port = await listen(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}
