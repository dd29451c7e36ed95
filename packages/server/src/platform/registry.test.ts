import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { createProject, getProject } from '@keylease/shared/contracts/projects'
import { describe, expect, it } from 'vitest'
import { handleRaw } from './http'
import { checkRegistry } from './registry'

const boot = (...endpoints: Endpoint[]) => checkRegistry(endpoints.map((endpoint) => handleRaw(endpoint, () => new Response())))
const without = (part: string): Endpoint => ({ ...createProject, [part]: undefined })

describe('the app does not boot with a route that', () => {
  it.each(['authentication', 'permission', 'tenant', 'audit', 'rateLimit'])('declares no %s', (part) => {
    expect(() => boot(without(part))).toThrow(`POST /api/v1/projects declares no ${part}`)
  })

  it.each<[string, Partial<Endpoint>]>([
    ['asks for a credential but for no permission', { permission: 'none' }],
    ['asks for a permission but for no credential', { authentication: 'none' }],
    ['works in a tenant but asks for no credential', { authentication: 'none', permission: 'none' }],
    ['changes something but leaves no audit entry', { audit: 'none' }],
    ['declares other parameters than its path has', { path: '/api/v1/projects/{projectId}' }],
  ])('%s', (fault, change) => {
    expect(() => boot({ ...createProject, ...change })).toThrow(fault)
  })

  it('but with one that says why it leaves no entry', () => {
    expect(() => boot({ ...createProject, audit: 'none', unaudited: 'a row of its own says it' })).not.toThrow()
  })

  it('stands twice in the registry, even under another parameter name', () => {
    expect(() => boot(createProject, { ...createProject, path: '/other' })).toThrow('id createProject is declared twice')
    const twin = { ...getProject, id: 'twin', path: '/api/v1/projects/{other}' } as const
    expect(() => boot(getProject, twin)).toThrow('GET /api/v1/projects/{} is declared twice')
  })
})

it('a complete registry boots', () => expect(() => boot(createProject, getProject)).not.toThrow())
