import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { toJson, toPython, toTypescript } from './literals'

export interface Snippets {
  curl: string
  typescript: string
  python: string
}

interface Call {
  method: string
  /** Path and query of the example. */
  target: string
  url: string
  headers: [name: string, value: string, variable: string][]
  body: unknown
  answer: 'json' | 'text' | 'none'
}

/** The example of a route as a program in three languages, with standard tools alone. */
export function createSnippets(endpoint: Endpoint, options: { url: string }): Snippets {
  const call = toCall(endpoint, options.url)
  return { curl: writeCurl(call), typescript: writeTypescript(call), python: writePython(call) }
}

/** A program brings a token; what is for people alone takes the cookies of their browser. */
function listHeaders({ method, authentication, stepUp }: Endpoint): Call['headers'] {
  if (authentication === 'none') return []
  if (authentication !== 'person') return [['Authorization', 'Bearer ', 'KEYLEASE_TOKEN']]
  return [
    ['Cookie', '', 'KEYLEASE_SESSION'],
    ...(method === 'GET' ? [] : ([['Origin', '', 'KEYLEASE_URL']] as Call['headers'])),
    ...(stepUp ? ([['x-keylease-step-up', '', 'KEYLEASE_STEP_UP']] as Call['headers']) : []),
  ]
}

function toCall(endpoint: Endpoint, url: string): Call {
  const { method, path, response, example } = endpoint
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(example.params?.[name] ?? name))
  const query = new URLSearchParams(example.query).toString()
  return {
    method,
    target: query ? `${filled}?${query}` : filled,
    url: url.replace(/[^\w.:/[\]-]/g, ''),
    headers: listHeaders(endpoint),
    body: example.body,
    answer: response.schema ? 'json' : response.contentType ? 'text' : 'none',
  }
}

function writeCurl({ method, target, url, headers, body }: Call): string {
  const lines = [`curl -sS --fail-with-body${method === 'GET' ? '' : ` -X ${method}`}`, `"\${KEYLEASE_URL:-${url}}${target}"`]
  for (const [name, scheme, variable] of headers) lines.push(`-H "${name}: ${scheme}$${variable}"`)
  if (body !== undefined) lines.push("-H 'Content-Type: application/json'", `-d '${toJson(body).replaceAll("'", "'\\''")}'`)
  return lines.join(' \\\n  ')
}

function writeTypescript({ method, target, url, headers: sent, body, answer }: Call): string {
  const headers = [
    ...sent.map(([name, scheme, variable]) => `${toName(name)}: \`${scheme}\${process.env.${variable}}\``),
    body !== undefined && "'content-type': 'application/json'",
  ]
  const options = [
    method !== 'GET' && `method: '${method}'`,
    joinParts(headers, ['headers: { ', ' }'], ['headers: {\n    ', ',\n    ', ',\n  }']),
    body !== undefined && `body: JSON.stringify(${toTypescript(body, 1)})`,
  ]
  const read = { json: 'await response.json()', text: 'await response.text()', none: 'response.status' }[answer]
  return [
    `const url = process.env.KEYLEASE_URL ?? '${url}'`,
    '',
    `const response = await fetch(\`\${url}${target}\`${joinParts(options, ['', ''], [', {\n  ', ',\n  ', ',\n}'], 0)})`,
    'if (!response.ok) throw new Error(await response.text())',
    `console.log(${read})`,
  ].join('\n')
}

function writePython({ method, target, url, headers: sent, body, answer }: Call): string {
  const headers = [
    ...sent.map(([name, scheme, variable]) => `"${name}": f"${scheme}{os.environ['${variable}']}"`),
    body !== undefined && '"Content-Type": "application/json"',
  ]
  const options = [
    `url + "${target}"`,
    method !== 'GET' && `method="${method}"`,
    joinParts(headers, ['headers={', '}'], ['headers={\n        ', ',\n        ', ',\n    }']),
    body !== undefined && `data=json.dumps(${toPython(body, 1)}).encode()`,
  ]
  const read = { json: 'json.load(response)', text: 'response.read().decode()', none: 'response.status' }[answer]
  return [
    ...(answer === 'json' || body !== undefined ? ['import json'] : []),
    'import os',
    'from urllib.request import Request, urlopen',
    '',
    `url = os.environ.get("KEYLEASE_URL", "${url}")`,
    `request = Request(${joinParts(options, ['', ''], ['\n    ', ',\n    ', ',\n'])})`,
    'with urlopen(request) as response:',
    `    print(${read})`,
  ].join('\n')
}

const toName = (name: string) => (/^\w+$/.test(name) ? name.toLowerCase() : `'${name.toLowerCase()}'`)

/** Up to so many parts on one line, more on a line each; nothing for none. */
function joinParts(
  parts: readonly (string | false)[],
  [open, close]: [string, string],
  [first, between, last]: [string, string, string],
  onOneLine = 1,
): string {
  const present = parts.filter((part) => part !== false && part !== '')
  if (present.length === 0) return ''
  return present.length <= onOneLine ? open + present.join(', ') + close : first + present.join(between) + last
}
