import { randomBytes } from 'node:crypto'
import { ScriptError } from '../workspace/run.mjs'

/** The service as a program with its bootstrap token sees it. */
export function createApi(url, token) {
  return async (method, path, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
    const answer = await fetch(`${url}${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) })
    const value = await answer.json()
    if (!answer.ok)
      throw new ScriptError(`${method} ${path} was answered ${answer.status}: ${value.error?.message ?? 'no reason was given'}`)
    return value
  }
}

/** An agent with a key of OpenAI and one of Anthropic that lead to the sandbox, and its token. */
export async function createAgent(api, sandbox) {
  const { id: projectId } = await api('POST', '/api/v1/projects', { name: 'demo' })
  const { id: agentId } = await api('POST', '/api/v1/agents', { name: 'support-bot', projectId })
  const bases = { openai: `${sandbox}/v1`, anthropic: sandbox }
  for (const [provider, baseUrl] of Object.entries(bases)) {
    const key = `sandbox-${randomBytes(24).toString('base64url')}`
    const { id: keyId } = await api('POST', '/api/admin/api-keys', { provider, name: 'sandbox', key, baseUrl })
    await api('POST', '/api/v1/grants', { agentId, keyId })
  }
  const { key: token } = await api('POST', '/api/v1/platform/api-keys', { name: 'support-bot', scopes: ['lease'], agentId })
  return { agentId, token }
}
