import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type OpenAI from '../../tests/contract/node_modules/openai/index.mjs'
import { body } from '../stand-ins/wire'
import { loadSdk } from '../support/built-sdk'

type Client = Pick<OpenAI, 'chat'>

interface Candidate {
  createClient(): Client
  /** Everything that was measured is sent. */
  settle(): Promise<unknown>
}

export interface Facts {
  sdkUrl: string
  serviceUrl: string
  baseUrl: string
  OpenAI: typeof OpenAI
}

const headers = { 'content-type': 'application/json', 'x-request-id': 'req_1', 'openai-processing-ms': '12' }

/** The provider in this process, so that what is left is the client and what stands around it. */
const answer = async (): Promise<Response> => new Response(body, { headers })

const createBare = ({ OpenAI }: Facts): Client => new OpenAI({ apiKey: 'sk-bench', fetch: answer })

/** With direct delivery, where every call is recorded and reported from here. */
async function createLeased({ sdkUrl, serviceUrl, baseUrl, OpenAI }: Facts, spool: string | false): Promise<Candidate> {
  const { Keylease } = await loadSdk(sdkUrl)
  const send: typeof fetch = (input, init) => (String(input).startsWith(baseUrl) ? answer() : fetch(input, init))
  const keylease = new Keylease({ url: serviceUrl, token: 'bench', spool, fetch: send })
  return { createClient: () => new OpenAI(keylease.openai()), settle: () => keylease.flush() }
}

export const candidates: Record<string, (facts: Facts) => Promise<Candidate>> = {
  bare: async (facts) => ({ createClient: () => createBare(facts), settle: async () => undefined }),

  keylease: (facts) => createLeased(facts, false),

  async 'keylease with a spool'(facts) {
    const directory = mkdtempSync(join(tmpdir(), 'keylease-bench-spool-'))
    process.on('exit', () => rmSync(directory, { recursive: true, force: true }))
    return createLeased(facts, directory)
  },

  async opentelemetry(facts) {
    const { createTracer } = await import('./opentelemetry')
    const { traceCall, flush } = createTracer(`${facts.serviceUrl}/v1/traces`)
    const client = createBare(facts)
    const create = traceCall((input: Parameters<typeof client.chat.completions.create>[0]) => client.chat.completions.create(input))
    const traced = { chat: { completions: { create } } } as unknown as Client // one method is called
    return { createClient: () => traced, settle: flush }
  },

  async traceloop(facts) {
    const { initialise } = await import('./traceloop')
    const flush = initialise(facts.serviceUrl, facts.OpenAI)
    return { createClient: () => createBare(facts), settle: flush }
  },
}

export function loadCandidate(name: string, facts: Facts): Promise<Candidate> {
  const load = candidates[name]
  if (!load) throw new Error(`There is no candidate ${name}.`)
  return load(facts)
}
