import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer, type Server as TcpServer } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createNameServer } from '../../../test/name-server'
import { createUrlPayloads } from '../../../test/url-payloads'
import { createOutbound, type Outbound } from '../outbound'
import type { ResolveName } from './connector'

let accepted = 0
let sentinels: TcpServer[] = []
let sentinelPort = 0
let friend: Server
let friendPort = 0
let location = ''
let payloads: string[] = []
const opened: Outbound[] = []

const portOf = (server: TcpServer) => Object(server.address()).port as number

/** Where nobody may connect: the friend's port on this machine's other loopback addresses, and a port of its own. */
async function listenEverywhere(port: number): Promise<void> {
  for (const [host, at] of [
    ['127.0.0.1', 0],
    ['127.0.0.2', port],
    ['::1', port],
  ] as const) {
    const server = createServer((socket) => {
      accepted++
      socket.destroy()
    })
    const isOpen = await new Promise<boolean>((resolve) => server.once('error', () => resolve(false)).listen(at, host, () => resolve(true)))
    if (isOpen) sentinels.push(server)
  }
  sentinelPort = portOf(sentinels[0] as TcpServer)
}

beforeAll(async () => {
  friend = createHttpServer((_, response) => response.writeHead(302, { location, connection: 'close' }).end())
  await new Promise<void>((resolve) => friend.listen(0, '127.0.0.1', resolve))
  friendPort = portOf(friend)
  await listenEverywhere(friendPort)
  payloads = createUrlPayloads(sentinelPort)
})

afterAll(async () => {
  await Promise.all(opened.map((outbound) => outbound.close()))
  for (const server of [friend, ...sentinels]) await new Promise((resolve) => server.close(resolve))
  sentinels = []
})

function open(allowed: string, resolve?: ResolveName, own = { ports: [] as number[], databasePorts: [5432] }): Outbound {
  const tuning = { sleep: async () => undefined, ...(resolve ? { resolve } : {}) }
  const outbound = createOutbound({ allowPrivateUpstreams: allowed }, own, tuning)
  opened.push(outbound)
  return outbound
}

const codeOf = (error: unknown) => String(Object(error).code)

describe('a URL that leads to an address which is not public', () => {
  test('comes in more than 400 spellings', () => expect(new Set(payloads).size).toBeGreaterThan(400))

  test.each(['', '10.99.0.0/16,127.0.0.3:9'])('is refused at save, with "%s" allowed', (allowed) => {
    const outbound = open(allowed)
    const sentences = new Set<string>()
    const passed = payloads.filter((payload) => {
      try {
        outbound.check(payload)
        return true
      } catch (error) {
        expect(codeOf(error)).toBe('url_not_allowed')
        sentences.add(String(error))
        return false
      }
    })
    expect(sentences.size, 'no sentence repeats what it refuses').toBeLessThan(12)
    // Where something private is allowed, a name may lead there: its addresses are judged at use.
    expect(passed.filter((payload) => allowed === '' || !/\/\/[a-z]/i.test(payload))).toEqual([])
  })

  test.each(['', '10.99.0.0/16,127.0.0.3:9'])('is refused at use, with "%s" allowed, before any connection', async (allowed) => {
    const outbound = open(allowed, async () => [{ address: '127.0.0.1', family: 4 }])
    const outcomes = await Promise.all(payloads.map((payload) => outbound.request(payload).then(() => 'answered', codeOf)))
    expect(new Set(outcomes)).toEqual(new Set(['url_not_allowed']))
    expect(accepted).toBe(0)
  })

  test('is not followed when an allowed server redirects to it', async () => {
    const outbound = open(`127.0.0.1:${friendPort}`)
    for (const payload of payloads.filter((each) => /^[\x21-\x7e]+$/.test(each))) {
      location = payload
      const answer = await outbound.request(`http://127.0.0.1:${friendPort}/`)
      expect([answer.status, answer.headers['location']]).toEqual([302, payload])
    }
    expect(accepted).toBe(0)
  })

  test('is refused when a public name resolves to it, alone or among public addresses', async () => {
    const inside = [
      '127.0.0.1',
      '10.1.2.3',
      '169.254.169.254',
      '::1',
      'fd00:ec2::254',
      '::ffff:127.0.0.1',
      '64:ff9b::7f00:1',
      '2002:7f00:1::1',
      '0.0.0.0',
    ]
    const names = inside.flatMap((address, index) => [
      { name: `only${index}.example.com`, answers: [address] },
      { name: `first${index}.example.com`, answers: [address, '203.0.114.1', '2606:4700::1111'] },
      { name: `last${index}.example.com`, answers: ['203.0.114.1', '2606:4700::1111', address] },
    ])
    const server = await createNameServer((name) => names.find((each) => each.name === name)?.answers ?? [])
    const outbound = open('', server.resolve)
    for (const { name } of names) {
      const outcome = await outbound.request(`https://${name}:${sentinelPort}/`).then(() => 'answered', codeOf)
      expect([name, outcome]).toEqual([name, 'url_not_allowed'])
    }
    expect(accepted).toBe(0)
    await server.close()
  })
})

test('a name that changes its mind between the check and the connection reaches only what was checked', async () => {
  location = '/'
  expect(sentinels.length).toBeGreaterThan(1)
  const others = ['127.0.0.2', '::1']
  const server = await createNameServer((_, question) => (question % 2 === 0 ? ['127.0.0.1'] : others))
  const outbound = open('127.0.0.1/32', server.resolve)
  const outcomes: string[] = []
  for (let turn = 0; turn < 40; turn++) {
    const outcome = await outbound.request(`http://rebind.example.com:${friendPort}/`).then(({ status }) => String(status), codeOf)
    outcomes.push(outcome)
  }
  expect(new Set(outcomes)).toEqual(new Set(['302', 'url_not_allowed']))
  expect(server.queries).toHaveLength(80)
  expect(accepted).toBe(0)
  await server.close()
})

describe('what the operator allows', () => {
  test('by 1 is loopback and RFC 1918, never metadata, link-local, our own ports or those of Postgres', () => {
    const outbound = open('1', undefined, { ports: [4500], databasePorts: [5432, 6000] })
    outbound.refusePort(4600)
    for (const url of [
      'http://127.0.0.1:9/v1',
      'http://localhost:9',
      'http://[::1]:9',
      'https://10.0.0.1',
      'http://192.168.0.9:8000',
      'http://vllm:8000',
    ]) {
      expect(outbound.check(url).href).toContain(url)
    }
    const shut = [
      '169.254.169.254',
      '100.100.100.200',
      '[fd00:ec2::254]',
      'metadata.google.internal',
      '0.0.0.0',
      '[::]',
      '[fe80::1]',
      '100.64.0.1',
      '[fc00::1]',
      '8.8.8.8',
    ]
    const ports = ['127.0.0.1:4500', 'localhost:4500', '[::1]:4600', '127.0.0.1:5432', '10.0.0.1:5432', '192.168.0.1:6000']
    for (const host of [...shut, ...ports]) expect(() => outbound.check(`http://${host}/`), host).toThrow('not allowed')
    for (const payload of payloads.filter((each) => /169\.254|0xa9fe|2852039166/.test(each)))
      expect(() => outbound.check(payload)).toThrow()
  })

  test('by a list is exactly that list', () => {
    const outbound = open('10.1.0.0/16, 127.0.0.1:9999, model-host:8000, [fd11::1]:8000')
    for (const url of ['http://10.1.2.3/', 'http://127.0.0.1:9999', 'http://model-host:8000', 'https://[fd11::1]:8000']) outbound.check(url)
    for (const url of [
      'http://10.2.0.1/',
      'http://127.0.0.1:9998',
      'https://[fd11::1]:8001',
      'http://169.254.169.254/',
      'http://localhost:9999/',
    ]) {
      expect(() => outbound.check(url), url).toThrow('not allowed')
    }
  })

  test.each(['yes', '10.0.0.0/40', 'host', 'host:0', 'host:70000', '::1:80:x', 'http://x:1'])(
    'as %s stops the start and says what was expected',
    (text) => {
      expect(() => open(text)).toThrow(/KEYLEASE_ALLOW_PRIVATE_UPSTREAMS is not valid: expected 1, or a list/)
    },
  )

  test('plain http never reaches a public address, even by name', async () => {
    const outbound = open('1', async () => [{ address: '203.0.114.1', family: 4 }])
    expect(await outbound.request('http://api.example.com/').catch(codeOf)).toBe('url_not_allowed')
  })
})
