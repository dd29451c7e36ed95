import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHarness, type Harness, type RequestOptions } from './harness'

let harness: Harness
beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const projects = '/api/v1/projects'
const name = (text: string) => ({ body: `{"name":"${text}"}` })

/** What stands at the door with something wrong, and what it hears. */
const refusals: [what: string, method: string, path: string, options: RequestOptions, status: number, code: string][] = [
  ['malformed JSON', 'POST', projects, { body: '{"name":' }, 400, 'invalid_json'],
  ['a duplicate key', 'POST', projects, { body: '{"name":"a","name":"b"}' }, 400, 'invalid_json'],
  ['a NUL in a key', 'POST', projects, { body: '{"na\\u0000me":"a"}' }, 400, 'invalid_json'],
  ['a NUL in a value', 'POST', projects, name('a\\u0000b'), 400, 'invalid_json'],
  ['a lone surrogate', 'POST', projects, name('\\ud800'), 400, 'invalid_json'],
  ['a prototype', 'POST', projects, { body: '{"__proto__":{"name":"a"}}' }, 400, 'invalid_json'],
  ['an unknown field', 'POST', projects, { body: { name: 'a', colour: 'red' } }, 400, 'invalid_request'],
  ['a wrong type', 'POST', projects, { body: { name: { $ne: null } } }, 400, 'invalid_request'],
  ['a list for an object', 'POST', projects, { body: '[]' }, 400, 'invalid_request'],
  ['a huge list', 'POST', projects, { body: `[${'1,'.repeat(30_000)}1]` }, 400, 'invalid_json'],
  ['deep nesting', 'POST', projects, { body: '['.repeat(5_000) }, 400, 'invalid_json'],
  ['an oversized body', 'POST', projects, name('a'.repeat(2_000_000)), 413, 'body_too_large'],
  ['an overlong name', 'POST', projects, name('a'.repeat(500)), 400, 'invalid_request'],
  ['no body', 'POST', projects, {}, 400, 'invalid_request'],
  ['another content type', 'POST', projects, { body: 'name=a', headers: { 'content-type': 'text/plain' } }, 415, 'unsupported_media_type'],
  ['a control character', 'POST', projects, name('a\\nSet-Cookie: x'), 400, 'invalid_request'],
  ['an absurd limit', 'GET', `${projects}?limit=1e9`, {}, 400, 'invalid_request'],
  ['an unknown query parameter', 'GET', `${projects}?colour=red`, {}, 400, 'invalid_request'],
  ['a repeated query parameter', 'GET', `${projects}?limit=1&limit=2`, {}, 400, 'invalid_request'],
  ['a malformed escape', 'GET', `${projects}?search=%zz`, {}, 400, 'invalid_path'],
  ['a forged cursor', 'GET', `${projects}?cursor=b3JnXzE`, {}, 400, 'invalid_cursor'],
  ['an encoded slash', 'GET', `${projects}/%2F`, {}, 400, 'invalid_path'],
  ['an empty segment', 'GET', `/api//v1/projects`, {}, 400, 'invalid_path'],
  ['a dot segment', 'GET', `/api/v1/x/../projects`, {}, 400, 'invalid_path'],
  ['a foreign Host', 'GET', projects, { headers: { host: 'evil.example' } }, 421, 'misdirected_request'],
  ['an absurd date', 'GET', '/api/v1/audit?from=99999-99-99T99:99:99Z', {}, 400, 'invalid_request'],
  ['an id of SQL', 'GET', `${projects}/prj_1'%20OR%201=1--`, {}, 404, 'not_found'],
  ['an unknown path', 'GET', '/api/v1/nothing', {}, 404, 'not_found'],
  ['another method', 'PUT', projects, {}, 405, 'method_not_allowed'],
  ['no credential', 'GET', projects, { token: null }, 401, 'unauthenticated'],
  [
    'an Idempotency-Key of two words',
    'POST',
    projects,
    { body: { name: 'a' }, headers: { 'idempotency-key': 'a b' } },
    400,
    'invalid_idempotency_key',
  ],
]

describe('at the door', () => {
  it.each(refusals)('%s is answered in one sentence and changes nothing', async (_what, method, path, options, status, code) => {
    const before = await countProjects()
    const response = await harness.request(method, path, options)
    const text = await response.text()
    expect(response.status, text).toBe(status)
    const { error } = JSON.parse(text) as { error: { code: string; message: string; requestId: string } }
    expect(error.code).toBe(code)
    expect(error.message).toMatch(/^[A-Z].*\.$/)
    expect(error.requestId).toBe(response.headers.get('x-request-id'))
    expect(text).not.toMatch(/node_modules|\.ts:|at async|prisma|SELECT/i)
    for (const header of ['ratelimit-limit', 'ratelimit-remaining', 'ratelimit-reset'])
      expect(response.headers.get(header)).toMatch(/^\d+$/)
    expect(await countProjects()).toBe(before)
  })

  it('what looks like SQL is kept as the text that it is', async () => {
    const text = `Robert'); DROP TABLE project;-- % _ \\`
    const created = await harness.request('POST', projects, { body: { name: text } })
    expect(await created.json()).toMatchObject({ name: text })
    const found = await harness.request('GET', `${projects}?search=${encodeURIComponent("'); DROP")}`)
    expect(await found.json()).toMatchObject({ total: 1, items: [{ name: text }] })
    expect(await (await harness.request('GET', `${projects}?search=%25x`)).json()).toMatchObject({ total: 0 })
  })
})

async function countProjects(): Promise<number> {
  const answer = (await (await harness.request('GET', projects)).json()) as { total: number }
  return answer.total
}
