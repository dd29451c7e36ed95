import type { IdKind } from '@keylease/shared/ids'
import type { Harness } from './harness'

type Make = (harness: Harness, token: string) => Promise<string>

/** How a test comes by a real one of each kind that a path may name. A route with a new kind of id needs a line here. */
export const factories: Partial<Record<IdKind, Make>> = {
  project: (harness, token) => create(harness, token, '/api/v1/projects', { name: 'checkout' }),
}

async function create(harness: Harness, token: string, path: string, body: unknown): Promise<string> {
  const response = await harness.request('POST', path, { token, body })
  const answer = (await response.json()) as { id?: string }
  if (!answer.id) throw new Error(`POST ${path} answered ${response.status} ${JSON.stringify(answer)}`)
  return answer.id
}
