import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { permissionTable, type Role, roles as rolesInTurn } from '@keylease/shared/contracts/permissions'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createRoutes } from '../src/app'
import { createExampleIds, type ExampleIds, fillIds, listIds, newAbsent } from './examples'
import { grantStepUp } from './factors'
import { createHarness, type Harness } from './harness'
import type { TestPerson } from './people'

let harness: Harness
let all: Endpoint[]
let guarded: Endpoint[]

beforeAll(async () => {
  harness = await createHarness()
  all = createRoutes(harness.deps).map((route) => route.endpoint)
  guarded = all.filter((endpoint) => endpoint.authentication === 'credential' || endpoint.authentication === 'person')
})
afterAll(() => harness.close())

/** What ends the session of the caller, or asks for what only the tests of factors have. */
const isAside = ({ id }: Endpoint) => ['signOut', 'changePassword', 'registerPasskey'].includes(id)

describe('every route of the registry, to people', () => {
  it.each(rolesInTurn)(
    'lets in a %s exactly where the permission table does',
    async (role) => {
      for (const endpoint of guarded.filter((one) => !isAside(one))) {
        const person = await harness.createPerson({ role })
        const ids = absentIds(endpoint)
        const headers = endpoint.stepUp ? await grantStepUp(harness, person, endpoint.id, [...ids.values()].at(-1) ?? '') : {}
        const response = await call(endpoint, ids, { person, headers })
        const isDenied = response.status === 403 && (await codeOf(response)) === 'forbidden'
        expect(isDenied, `${endpoint.id} ${response.status}`).toBe(!mayCall(role, endpoint))
      }
    },
    240_000,
  )

  it('asks a person for a fresh factor exactly where the route declares it', async () => {
    for (const endpoint of guarded.filter((one) => !isAside(one) || one.stepUp)) {
      const response = await call(endpoint, absentIds(endpoint), { person: await harness.createPerson() })
      const isAsked = response.status === 403 && (await codeOf(response)) === 'step_up_required'
      expect(isAsked, `${endpoint.id} ${response.status}`).toBe(endpoint.stepUp === true)
    }
  })

  it('refuses what another site made a browser send', async () => {
    const person = await harness.createPerson()
    for (const endpoint of all.filter((one) => one.method !== 'GET')) {
      const response = await call(endpoint, absentIds(endpoint), { person, headers: { origin: 'https://evil.example' } })
      expect([response.status, await codeOf(response)], endpoint.id).toEqual([403, 'foreign_origin'])
    }
  })

  it('answers without a session, and with one that has ended, before it looks at anything else', async () => {
    const gone = await harness.createPerson()
    await harness.deps.db.authPool.query('DELETE FROM session WHERE id = $1', [gone.sessionId])
    for (const endpoint of guarded) {
      const cookies = new Map(gone.cookies)
      expect((await call(endpoint, absentIds(endpoint), { person: { ...gone, cookies } })).status, endpoint.id).toBe(401)
    }
  })

  it('works in their own organization, and answers a foreign id as an absent one', async () => {
    const foreigner = await harness.createPerson({ organizationId: await harness.createTenant() })
    for (const endpoint of guarded.filter((one) => one.request.params)) {
      const ids = await createExampleIds(harness, endpoint)
      const object = ids.get(Object.values(endpoint.example.params ?? {}).at(-1) ?? '') ?? ''
      const headers = endpoint.stepUp ? await grantStepUp(harness, foreigner, endpoint.id, object) : {}
      expect((await call(endpoint, ids, { person: foreigner, headers })).status, endpoint.id).toBe(404)
    }
  })

  it('has an example that works for an Owner where it is for people of an organization alone', async () => {
    for (const endpoint of guarded.filter((one) => one.authentication === 'person' && one.tenant === 'organization')) {
      const person = await harness.createPerson()
      const ids = await createExampleIds(harness, endpoint)
      const object = ids.get(Object.values(endpoint.example.params ?? {}).at(-1) ?? '') ?? ''
      const grant = endpoint.stepUp ? await grantStepUp(harness, person, endpoint.id, object) : {}
      const headers = { ...grant, 'idempotency-key': `key-${endpoint.id}` }
      const first = await call(endpoint, ids, { person, headers })
      expect(first.status, `${endpoint.id} ${await first.clone().text()}`).toBe(endpoint.response.status)
      const again = await call(endpoint, ids, { person, headers })
      expect([await again.text(), again.headers.get('idempotency-replayed')], endpoint.id).toEqual([await first.text(), 'true'])
    }
  })
})

const absentIds = (endpoint: Endpoint): ExampleIds =>
  new Map(listIds(endpoint.example.params ?? {}).map(({ example, kind }) => [example, newAbsent(kind)]))

const mayCall = (role: Role, endpoint: Endpoint) =>
  endpoint.permission !== 'none' && (permissionTable[endpoint.permission].roles as readonly Role[]).includes(role)

async function codeOf(response: Response): Promise<string> {
  const text = await response.clone().text()
  return text.startsWith('{"error"') ? (JSON.parse(text) as { error: { code: string } }).error.code : ''
}

function call(endpoint: Endpoint, ids: ExampleIds, options: { person: TestPerson; headers?: Record<string, string> }): Promise<Response> {
  const { params, query, body } = endpoint.example
  const path = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(ids.get(params?.[name] ?? '') ?? params?.[name] ?? ''),
  )
  const search = fillIds(new URLSearchParams(query).toString(), ids)
  const sent = body === undefined ? {} : { body: JSON.parse(fillIds(JSON.stringify(body), ids)) as unknown }
  return harness.request(endpoint.method, search ? `${path}?${search}` : path, { ...sent, ...options })
}
