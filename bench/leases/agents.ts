import { randomBytes } from 'node:crypto'
import type { Deps } from '../../packages/server/src/deps'

export interface BenchAgent {
  id: string
  /** Its platform key, and the id of that. */
  token: string
  platformKeyId: string
}

export interface BenchRoom {
  projectId: string
  keyId: string
  keyVersionId: string
  agents: readonly BenchAgent[]
  /** What lets them lease the key, until it is deleted. */
  grant(): Promise<{ id: string; delete(): Promise<void> }>
}

interface Issued {
  id: string
  key: string
}

/** Agents of one project, and the one provider key that a grant of the project gives them. */
export async function createRoom(url: string, token: string, count: number, baseUrl: string): Promise<BenchRoom> {
  const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status} ${text}`)
    return (text === '' ? undefined : JSON.parse(text)) as T
  }
  const { id: projectId } = await call<Issued>('POST', '/api/v1/projects', { name: 'bench' })
  const key = `sk-proj-${randomBytes(36).toString('base64url')}`
  const { id: keyId } = await call<Issued>('POST', '/api/admin/api-keys', { provider: 'openai', name: 'bench', key, baseUrl })
  const agents: BenchAgent[] = []
  for (let n = 0; n < count; n++) {
    const { id } = await call<Issued>('POST', '/api/v1/agents', { name: `agent ${n}`, projectId })
    const issued = await call<Issued>('POST', '/api/v1/platform/api-keys', { name: `agent ${n}`, scopes: ['lease'], agentId: id })
    agents.push({ id, token: issued.key, platformKeyId: issued.id })
  }
  const { versions } = await call<{ versions: { id: string }[] }>('GET', `/api/admin/api-keys/${keyId}`)
  return {
    projectId,
    keyId,
    keyVersionId: versions[0]?.id ?? '',
    agents,
    async grant() {
      const { id } = await call<Issued>('POST', '/api/v1/grants', { projectId, keyId })
      return { id, delete: () => call<void>('DELETE', `/api/v1/grants/${id}`) }
    },
  }
}

/** The one that the service made at its first start. */
export async function findOrganization({ systemPool }: Deps['db']): Promise<string> {
  const found = await systemPool.query<{ id: string }>('SELECT id FROM organization')
  return found.rows[0]?.id ?? ''
}
