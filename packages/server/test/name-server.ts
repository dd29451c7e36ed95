import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { isIPv6 } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { ResolveName } from '../src/platform/outbound/connector'

export interface NameServer {
  /** Asks this server alone, for both families, and caches nothing. */
  resolve: ResolveName
  queries: string[]
  close(): Promise<void>
}

/** A DNS server of the test's own on loopback: what a name means is decided anew at each question, with a TTL of 0. */
export async function createNameServer(answer: (name: string, question: number) => string[]): Promise<NameServer> {
  const socket = createSocket('udp4')
  const queries: string[] = []
  const asked = new Map<string, number>()
  socket.on('message', (query, peer) => {
    const { name, type, end } = readQuestion(query)
    const question = asked.get(`${name} ${type}`) ?? 0
    asked.set(`${name} ${type}`, question + 1)
    queries.push(name)
    const wanted = answer(name, question).filter((address) => isIPv6(address) === (type === 28))
    socket.send(createAnswer(query.subarray(0, end), type, wanted), peer.port, peer.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const resolver = new Resolver({ timeout: 1_000, tries: 1 })
  resolver.setServers([`127.0.0.1:${socket.address().port}`])
  const ask = (name: string, family: 4 | 6) =>
    resolver[family === 4 ? 'resolve4' : 'resolve6'](name).then(
      (found) => found.map((address) => ({ address, family })),
      () => [],
    )
  return {
    resolve: async (name) => (await Promise.all([ask(name, 4), ask(name, 6)])).flat(),
    queries,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('ascii', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function createAnswer(question: Buffer, type: number, addresses: string[]): Buffer {
  const header = Buffer.from(question)
  header.writeUInt16BE(0x8180, 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt32BE(0, 8)
  const records = addresses.map((address) => {
    const data = Buffer.from(ipaddr.parse(address).toByteArray())
    const lead = Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 0, 0, data.length])
    return Buffer.concat([lead, data])
  })
  return Buffer.concat([header, ...records])
}
