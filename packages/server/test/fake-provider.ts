import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

interface Heard {
  url: string
  key: string
  headers: IncomingMessage['headers']
}

type Act = (request: IncomingMessage, response: ServerResponse) => void

export interface FakeProvider {
  /** As a base URL of a key: the probes of OpenAI go below it. */
  baseUrl: string
  heard: Heard[]
  /** What a key gets from now on; unnamed keys are accepted. */
  answer(key: string, act: Act): void
  close(): Promise<void>
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}): Act => {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

/** The ways in which an upstream answers, right and wrong; the error bodies are OpenAI's, recorded. */
export const acts = {
  accept: json(200, { object: 'list', data: [] }, { 'openai-organization': 'acme', 'x-ratelimit-limit-requests': '500' }),
  reject: (request, response) => {
    const message = `Incorrect API key provided: ${request.headers.authorization}.`
    json(401, { error: { message, type: 'invalid_request_error', param: null, code: 'invalid_api_key' } })(request, response)
  },
  restrict: json(403, { error: { message: 'Missing scopes: api.model.read', type: 'invalid_request_error', code: 'missing_scope' } }),
  exhaust: json(429, { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } }),
  limit: json(429, { error: { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' } }, { 'retry-after': '60' }),
  fail: json(500, { error: { message: 'The server had an error', type: 'server_error' } }, { 'retry-after': '60' }),
  garble: (_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('<html>{not json'),
  redirect: (_, response) => response.writeHead(302, { location: 'http://169.254.169.254/' }).end(),
  flood: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.write('{"data":"')
    const pour = () => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', pour)
    pour()
  },
  drop: (request) => request.socket.destroy(),
  break: (request) => request.socket.end('this is not HTTP\r\n\r\n'),
  hang: () => undefined,
  drip: (_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const timer = setInterval(() => response.write(' '), 20)
    response.on('close', () => clearInterval(timer))
  },
} as const satisfies Record<string, Act>

/** The key wherever its provider wants it; of an AWS pair, the id that the signature names. */
function findKey({ headers, url }: IncomingMessage): string {
  const signed = /Credential=([^/]+)\//.exec(headers.authorization ?? '')
  const inQuery = [...new URL(url ?? '', 'http://provider').searchParams].find(([name]) => /key|token/i.test(name))
  const plain = headers.authorization?.replace(/^\w+ /, '') ?? headers['x-api-key'] ?? headers['x-goog-api-key'] ?? inQuery?.[1]
  return signed?.[1] ?? String(plain ?? '')
}

export async function createFakeProvider(): Promise<FakeProvider> {
  const answers = new Map<string, Act>()
  const heard: Heard[] = []
  const server = createServer((request, response) => {
    const key = findKey(request)
    heard.push({ url: request.url ?? '', key, headers: request.headers })
    const act = answers.get(key) ?? acts.accept
    act(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return {
    baseUrl: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1`,
    heard,
    answer: (key, act) => void answers.set(key, act),
    close: () => new Promise((resolve) => void server.close(() => resolve()).closeAllConnections()),
  }
}
