import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import type { Route } from './http'

const parts = ['authentication', 'permission', 'tenant', 'audit', 'rateLimit'] as const
const isMutating = (endpoint: Endpoint) => endpoint.method !== 'GET'

/** The app does not boot with a route that leaves open who may call it, what it may touch or what it leaves behind. */
export function checkRegistry(routes: readonly Route[]): void {
  const faults = [...routes.flatMap(({ endpoint }) => listFaults(endpoint)), ...listRepeats(routes)]
  if (faults.length > 0) throw new Error(`The route registry is incomplete:\n${faults.join('\n')}`)
}

function listFaults(endpoint: Endpoint): string[] {
  const faults = parts.filter((part) => !endpoint[part]).map((part) => `declares no ${part}`)
  const isOpen = endpoint.authentication === 'none'
  if (!isOpen && endpoint.permission === 'none') faults.push('asks for a credential but for no permission')
  if (isOpen && endpoint.permission !== 'none') faults.push('asks for a permission but for no credential')
  if (isOpen && endpoint.tenant !== 'none') faults.push('works in a tenant but asks for no credential')
  if (isMutating(endpoint) && endpoint.audit === 'none' && !endpoint.unaudited) faults.push('changes something but leaves no audit entry')
  if (/\{[^}]*\}/.test(endpoint.path) !== Boolean(endpoint.request.params)) faults.push('declares other parameters than its path has')
  return faults.map((fault) => `${endpoint.method} ${endpoint.path} ${fault}`)
}

function listRepeats(routes: readonly Route[]): string[] {
  const seen = new Set<string>()
  return routes.flatMap(({ endpoint }) => {
    const names = [`id ${endpoint.id}`, `${endpoint.method} ${endpoint.path.replace(/\{[^}]*\}/g, '{}')}`]
    const repeated = names.filter((name) => seen.has(name))
    for (const name of names) seen.add(name)
    return repeated.map((name) => `${name} is declared twice`)
  })
}
