import type { Operation } from './operation'
import type { Provider } from './provider'

export interface FoundOperation {
  operation: Operation
  /** Parts of the path by the names of its template, decoded. */
  params: Record<string, string>
}

type OperationSource = Pick<Provider, 'baseUrl' | 'operations'>

interface CompiledOperations {
  patterns: { operation: Operation; pattern: RegExp; names: string[] }[]
  /** What their templates begin with up to a version: `/v1`, `/v1beta`, `/openai/v1`. */
  prefixes: string[]
}

const compiled = new WeakMap<readonly Operation[], CompiledOperations>()

/**
 * Which operation a request is. The base URL of a client may hold more or less of the provider's prefix than ours, so `/v1/models` and
 * `/models` are one; null for what is not listed, and for a path that a URL parser would read otherwise than it is written.
 */
export function findOperation(provider: OperationSource, method: string, pathBelowBase: string): FoundOperation | null {
  const path = pathBelowBase.split('?', 1)[0]?.replace(/\/$/, '') ?? ''
  if (!path.startsWith('/') || isAmbiguous(path)) return null
  const { patterns, prefixes } = compileOperations(provider.operations)
  const spellings = listSpellings(provider.baseUrl, prefixes, path)
  for (const { operation, pattern, names } of patterns) {
    if (operation.method !== method.toUpperCase()) continue
    for (const spelling of spellings) {
      const match = pattern.exec(spelling)
      if (match) return { operation, params: readParams(names, match) }
    }
  }
  return null
}

/** Dot segments, empty ones, and characters that a URL parser drops or turns. */
const isAmbiguous = (path: string) => /[^!-~]|[\\#]|\/\/|\/(?:\.|%2e){1,2}(?:\/|$)/i.test(path)

/** The path as it is, without what of the base URL it repeats, and with a version that the templates name and it lacks. */
function listSpellings(baseUrl: string | null, prefixes: readonly string[], path: string): string[] {
  const own = baseUrl === null ? [] : baseUrl.split('/').slice(3).filter(Boolean)
  const segments = own.length === 0 ? ['v1'] : own
  const repeated = segments.map((_, index) => `/${segments.slice(index).join('/')}`).filter((prefix) => path.startsWith(`${prefix}/`))
  const lacking = prefixes.filter((prefix) => !path.startsWith(`${prefix}/`))
  return [path, ...repeated.map((prefix) => path.slice(prefix.length)), ...lacking.map((prefix) => prefix + path)]
}

function compileOperations(operations: readonly Operation[]): CompiledOperations {
  const known = compiled.get(operations)
  if (known) return known
  const patterns = operations.map((operation) => ({ operation, ...compileTemplate(operation.path) }))
  const prefixes = operations.flatMap(
    ({ path }) => /^(?:\/openai)?\/v\d+(?:(?:alpha|beta)\d*)?(?=\/)|^\/openai(?=\/deployments\/)/.exec(path) ?? [],
  )
  const made = { patterns, prefixes: [...new Set(prefixes)] }
  compiled.set(operations, made)
  return made
}

/** A model may hold slashes, as the ids of Bedrock and OpenRouter do; any other name is one segment. */
function compileTemplate(template: string): { pattern: RegExp; names: string[] } {
  const names: string[] = []
  const source = template.split(/(\{[^}]+\})/).map((part) => {
    const name = /^\{(\w+)(\.\.\.)?\}$/.exec(part)
    if (!name?.[1]) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    names.push(name[1])
    return name[2] || name[1] === 'model' ? '(.+)' : '([^/]+)'
  })
  return { pattern: new RegExp(`^${source.join('')}$`), names }
}

function readParams(names: readonly string[], match: RegExpExecArray): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  for (const [index, name] of names.entries()) params[name] = decode(match[index + 1] ?? '')
  return params
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return text
    throw error
  }
}
