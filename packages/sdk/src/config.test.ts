import { inspect } from 'node:util'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readConfig } from './config'
import { ConfigError } from './errors'

beforeEach(() => {
  for (const name of ['KEYLEASE_URL', 'KEYLEASE_TOKEN', 'KEYLEASE_SPOOL']) vi.stubEnv(name, '')
})
afterEach(() => vi.unstubAllEnvs())

const token = 'kl_live_canary'

describe('what is not set', () => {
  it('is a token, which says where to make one', () => {
    expect(() => readConfig()).toThrow(ConfigError)
    expect(() => readConfig()).toThrow('KEYLEASE_TOKEN is not set: create an agent token under Agents & projects →')
  })

  it('is taken from the environment, and otherwise as documented', async () => {
    vi.stubEnv('KEYLEASE_TOKEN', `${token}\n`)
    vi.stubEnv('KEYLEASE_URL', 'https://keylease.example/base/')
    const config = readConfig()
    expect((await config.readToken()).reveal()).toBe(token)
    expect(config).toMatchObject({
      url: 'https://keylease.example/base',
      timeoutMs: 10_000,
      delivery: 'auto',
      onOutage: 'until-expiry',
      spool: false,
    })
  })

  it('leaves options the last word', async () => {
    vi.stubEnv('KEYLEASE_TOKEN', 'other')
    vi.stubEnv('KEYLEASE_URL', 'https://other.example')
    const config = readConfig({ token, url: 'http://127.0.0.1:4500' })
    expect([(await config.readToken()).reveal(), config.url]).toEqual([token, 'http://127.0.0.1:4500'])
  })
})

it.each([
  ['url', { url: 'keylease.example' }],
  ['url', { url: 'ftp://keylease.example' }],
  ['timeoutMs', { timeoutMs: 0 }],
  ['timeoutMs', { timeoutMs: Number.NaN }],
  ['timeoutMs', { timeoutMs: Number.POSITIVE_INFINITY }],
  ['delivery', { delivery: 'pigeon' as 'direct' }],
  ['onOutage', { onOutage: 'panic' as 'fail' }],
  ['token', { token: 'two words' }],
  ['token', { token: 7 as unknown as string }],
])('a wrong %s is named: %o', (name, options) => {
  expect(() => readConfig({ token, ...options })).toThrow(
    expect.objectContaining({ code: 'config_invalid', message: expect.stringContaining(name) }),
  )
})

it('a config shows its token nowhere', () => {
  const config = readConfig({ token })
  expect(inspect(config, { depth: null, showHidden: true }) + JSON.stringify(config)).not.toContain(token)
})

it('a fetch that replaces the global one later is heard', async () => {
  const { fetch } = readConfig({ token })
  vi.stubGlobal('fetch', async () => new Response('replaced'))
  expect(await (await fetch('http://127.0.0.1:1')).text()).toBe('replaced')
  vi.unstubAllGlobals()
})
