import OpenAI from '../../tests/contract/node_modules/openai/index.mjs'
import { startLitellm } from '../peers/litellm'
import { startNginx } from '../peers/nginx'
import type { MissingPeer, Peer } from '../peers/peer'
import { startPortkey } from '../peers/portkey'
import type { Place } from '../stand-ins/stand-ins'
import { request } from '../stand-ins/wire'
import { loadSdk } from '../support/built-sdk'

export interface Contender {
  name: string
  /** A client for each place, by its number. */
  clients: { client: OpenAI; model: string }[]
  /** Of the process between client and provider, where there is one. */
  pid: number | null
  /** Whether it passes a stream on. */
  canStream: boolean
  /** Does now what its calls left for later. */
  settle?(): void
  close(): Promise<void>
}

const model = 'gpt-5-mini'
const maxRetries = 0

const createBare = (places: readonly Place[]): Contender => ({
  name: 'bare client of openai',
  clients: places.map(({ baseUrl }) => ({ client: new OpenAI({ apiKey: 'bench', baseURL: baseUrl, maxRetries }), model })),
  pid: null,
  canStream: true,
  close: async () => undefined,
})

async function createOwn(places: readonly Place[], sdkUrl: string): Promise<Contender> {
  const { Keylease } = await loadSdk(sdkUrl)
  const keyleases = places.map(({ serviceUrl }) => new Keylease({ url: serviceUrl, token: 'bench' }))
  return {
    name: 'keylease, direct lease',
    clients: keyleases.map((keylease) => ({ client: new OpenAI({ ...keylease.openai(), maxRetries }), model })),
    pid: null,
    canStream: true,
    settle: () => {
      for (const keylease of keyleases) keylease.stats()
    },
    close: async () => void (await Promise.all(keyleases.map((keylease) => keylease.close()))),
  }
}

async function createBehind(name: string, peer: Peer, places: readonly Place[], toModel: (place: number) => string): Promise<Contender> {
  const clients = places.map(({ baseUrl }, place) => ({
    client: new OpenAI({ ...peer.toOptions(baseUrl), maxRetries }),
    model: toModel(place),
  }))
  return { name, clients, pid: peer.pid, canStream: await canStream(clients[0]), close: () => peer.stop() }
}

async function canStream(given: Contender['clients'][number] | undefined): Promise<boolean> {
  const asked = given?.client.chat.completions.create({ ...request, model: given.model, stream: true })
  return (await asked?.catch(() => null)) !== null
}

const isMissing = (peer: Peer | MissingPeer): peer is MissingPeer => 'reason' in peer

/** All that run here, the bare client first, and what does not. */
export async function gatherContenders(places: readonly Place[], sdkUrl: string) {
  const contenders = [createBare(places), await createOwn(places, sdkUrl)]
  const missing: { name: string; reason: string }[] = []
  const add = async (name: string, peer: Peer | MissingPeer, toModel: (place: number) => string) => {
    if (isMissing(peer)) return void missing.push({ name, reason: peer.reason })
    const contender = await createBehind(name, peer, places, toModel)
    contenders.push(contender)
    if (!contender.canStream) missing.push({ name: `${name}, streamed`, reason: 'it answers each streamed call with an error of its own' })
  }
  const baseUrls = places.map(({ baseUrl }) => baseUrl)
  await add('nginx proxy_pass', await startNginx(baseUrls), () => model)
  await add('@portkey-ai/gateway 1.15.2', await startPortkey(), () => model)
  await add('LiteLLM proxy 1.106.2', await startLitellm(baseUrls), (place) => `place-${place}`)
  return { contenders, missing }
}
