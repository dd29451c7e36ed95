import type { ProviderKeyDetail } from '@keylease/shared/contracts/provider-key-bodies'
import { newSecret } from './factories'
import type { Harness } from './harness'

export const keysPath = '/api/admin/api-keys'

interface Answer<T> {
  status: number
  body: T & { error?: { code: string; message: string; details?: unknown } }
}

/** One call with its answer read. */
export async function callKeys<T = Record<string, unknown>>(
  harness: Pick<Harness, 'request'>,
  method: string,
  path: string,
  options: Parameters<Harness['request']>[2] = {},
): Promise<Answer<T>> {
  const response = await harness.request(method, `${keysPath}${path}`, options)
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : JSON.parse(text) }
}

/** A stored key of OpenAI at the given base URL. */
export async function storeKey(
  harness: Pick<Harness, 'request'>,
  fields: Record<string, unknown> = {},
  options: { token?: string } = {},
): Promise<{ id: string; key: string }> {
  const key = newSecret()
  const body = { provider: 'openai', name: 'prod', key, ...fields }
  const stored = await callKeys<{ id: string }>(harness, 'POST', '', { ...options, body })
  if (stored.status !== 201) throw new Error(`a key was not stored: ${stored.status} ${JSON.stringify(stored.body)}`)
  return { id: stored.body.id, key: typeof fields['key'] === 'string' ? fields['key'] : key }
}

export const readKey = async (harness: Pick<Harness, 'request'>, id: string) =>
  (await callKeys<ProviderKeyDetail>(harness, 'GET', `/${id}`)).body

/** Versions by state, newest first. */
export async function readStates(harness: Pick<Harness, 'request'>, id: string): Promise<string[]> {
  return (await readKey(harness, id)).versions.map((version) => version.state)
}
