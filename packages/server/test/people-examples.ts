import { examplePerson } from '@keylease/shared/contracts/account'
import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import * as factors from '@keylease/shared/contracts/factors'
import { exampleToken } from '@keylease/shared/contracts/owner'
import { createOwnerPath, resetPerson } from '../src/slices/people/service'
import { createAuthenticator, createTotpCode } from './authenticator'
import { createExampleIds, type ExampleIds, listIds } from './examples'
import { addPasskey, addTotp, callAs, grantStepUp, otherBrowser, signInAs } from './factors'
import type { Harness } from './harness'
import { createHolder, takeLease } from './lease-holder'
import { cookieHeader, type TestPerson } from './people'

/** What the example of one call stands for, and the browser that sends it. */
export interface PreparedExample {
  words: ExampleIds
  cookies: string
  stepUp: string
  /** The token that a program would bring. */
  token: string
}

interface Stage {
  harness: Harness
  person: TestPerson
  words: ExampleIds
  /** As the service is reached by the one who calls. */
  origin: string
}

const tokenOf = (link: string | null) => new URL(link ?? '', 'http://localhost').searchParams.get('token') ?? ''
const email = 'someone.else@example.com'
let invited = 0

/** What an example cannot hold: links that are good once, codes of this minute, passkeys. The browser that goes on, if it is another. */
const stages: Record<string, (stage: Stage) => Promise<TestPerson | undefined>> = {
  async signIn({ person, words }) {
    words.set(examplePerson.email, person.email)
    return otherBrowser(person)
  },
  async createOwner({ harness, person, words }) {
    words.set(exampleToken, tokenOf(await createOwnerPath(harness.deps)))
    words.set('grace@example.com', `grace-${++invited}@example.com`)
    return otherBrowser(person)
  },
  async acceptInvitation({ harness, person, words }) {
    const invitation = await callAs(harness, person, 'POST', '/api/v1/invitations', { email: `${++invited}-${email}` })
    words.set(exampleToken, tokenOf(String(invitation['link'])))
    return otherBrowser(person)
  },
  async resetPassword({ harness, person, words }) {
    words.set('q7Zr2mWk9Lx4Vb8Tn3Yc6Pd1', tokenOf((await resetPerson(harness.deps, person.email))?.path ?? null))
    return otherBrowser(person)
  },
  async generateBackupCodes({ harness, person }) {
    await addTotp(harness, person)
    return undefined
  },
  async verifyTotp({ harness, person, words }) {
    const { totpUri } = await addTotp(harness, person)
    words.set('123456', createTotpCode(totpUri))
    return startChallenge(harness, person)
  },
  async verifyBackupCode({ harness, person, words }) {
    const { backupCodes } = await addTotp(harness, person)
    words.set('k3Jd8-Qw2Zx', backupCodes[0] ?? '')
    return startChallenge(harness, person)
  },
  async registerPasskey({ harness, person, words, origin }) {
    const { challenge } = await callAs(harness, person, 'GET', '/api/auth/passkey/generate-register-options')
    fill(words, factors.registerPasskey.example.body.response, createAuthenticator().register(String(challenge), origin))
    return undefined
  },
  async signInWithPasskey({ harness, person, words, origin }) {
    const { authenticator } = await addPasskey(harness, person)
    const browser = otherBrowser(person)
    const { challenge } = await callAs(harness, browser, 'GET', '/api/auth/passkey/generate-authenticate-options')
    fill(words, factors.signInWithPasskey.example.body.response, authenticator.authenticate(String(challenge), origin))
    return browser
  },
  async deletePasskey({ harness, person, words }) {
    words.set(factors.deletePasskey.example.body.id, (await addPasskey(harness, person)).id)
    return undefined
  },
}

async function startChallenge(harness: Harness, person: TestPerson): Promise<TestPerson> {
  const browser = otherBrowser(person)
  await signInAs(harness, browser)
  return browser
}

/** Each text of the example becomes the text in its place. */
function fill(words: ExampleIds, example: object, real: object): void {
  for (const [name, value] of Object.entries(example)) {
    const other: unknown = Reflect.get(real, name)
    if (typeof value === 'object' && value && typeof other === 'object' && other) fill(words, value, other)
    else if (typeof value === 'string' && typeof other === 'string') words.set(value, other)
  }
}

/** An agent may use its own leases alone. */
async function prepareAgent(harness: Harness, endpoint: Endpoint, words: ExampleIds): Promise<string> {
  const holder = await createHolder(harness)
  for (const { example, kind } of listIds(endpoint.example.params ?? {})) {
    if (kind === 'lease') words.set(example, (await takeLease(harness, holder)).id)
  }
  return holder.token
}

export async function prepareExample(harness: Harness, endpoint: Endpoint, origin: string): Promise<PreparedExample> {
  const words = await createExampleIds(harness, endpoint)
  const { token } = harness
  if (endpoint.authentication === 'agent') return { words, cookies: '', stepUp: '', token: await prepareAgent(harness, endpoint, words) }
  const isForPeople = endpoint.authentication === 'person' || endpoint.id in stages
  if (!isForPeople) return { words, cookies: '', stepUp: '', token }
  const person = await harness.createPerson()
  const browser = (await stages[endpoint.id]?.({ harness, person, words, origin })) ?? person
  const object = words.get(Object.values(endpoint.example.params ?? {}).at(-1) ?? '') ?? ''
  const stepUp = endpoint.stepUp ? (await grantStepUp(harness, person, endpoint.id, object))['x-keylease-step-up'] : ''
  return { words, cookies: cookieHeader(browser.cookies), stepUp, token }
}
