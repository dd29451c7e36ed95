import { AppError } from '../errors'

const maximumPathLength = 2_048
const shownNameLength = 64
const absoluteForm = /^https?:\/\/[^/?#]*/i
const encodedSeparator = /%(?:25)*(?:2e|2f|5c|00)/i

/**
 * Refuses a request target that two readers could understand differently (router, proxy, log).
 * Takes the target as it came over the wire: a URL object has already resolved its dot segments.
 */
export function checkPath(rawUrl: string): void {
  const { path, query } = splitTarget(rawUrl)
  if (!path.startsWith('/')) throw refuse('The path must begin with "/"')
  if (path.length > maximumPathLength) throw refuse(`The path is longer than ${maximumPathLength} characters`)
  if (path.includes('\\')) throw refuse('The path must not hold a backslash')
  if (path.includes('//')) throw refuse('The path must not hold an empty segment ("//")')
  for (const segment of path.split('/')) checkSegment(segment)
  checkQuery(query)
}

/** Query parameters as a null-prototype record; each name at most once, so that no reader picks another value. */
export function parseQuery(rawUrl: string): Record<string, string> {
  const { query } = splitTarget(rawUrl)
  checkQuery(query)
  const parameters: Record<string, string> = Object.create(null)
  for (const [name, value] of new URLSearchParams(query)) {
    if (name in parameters)
      throw new AppError('invalid_request', { message: `The query parameter ${showName(name)} is sent twice. Send it once.` })
    parameters[name] = value
  }
  return parameters
}

function splitTarget(rawUrl: string): { path: string; query: string } {
  if (!/^[\x21-\x7e]*$/.test(rawUrl)) throw refuse('The path and query must be visible ASCII; send other characters percent-encoded')
  if (rawUrl.includes('#')) throw refuse('The path must not hold a fragment ("#")')
  const target = rawUrl.replace(absoluteForm, '')
  const end = target.indexOf('?')
  const path = end === -1 ? target : target.slice(0, end)
  return { path: path === '' && target !== rawUrl ? '/' : path, query: end === -1 ? '' : target.slice(end + 1) }
}

function checkSegment(segment: string): void {
  if (segment === '.' || segment === '..') throw refuse('The path must not hold "." or ".." segments')
  if (!segment.includes('%')) return
  if (encodedSeparator.test(segment)) throw refuse('The path must not hold an encoded dot, slash, backslash or NUL')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: refusing them is the point
  if (/[\u0000-\u001f\u007f-\u009f]/.test(decode(segment, 'path'))) throw refuse('The path must not hold control characters')
}

function checkQuery(query: string): void {
  if (query.includes('%') && decode(query, 'query').includes('\0')) throw refuse('The query must not hold a NUL character')
}

function decode(text: string, part: 'path' | 'query'): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw refuse(`The ${part} holds a percent escape that is malformed or not UTF-8`, cause)
  }
}

function showName(name: string): string {
  return JSON.stringify(name.length > shownNameLength ? `${name.slice(0, shownNameLength).toWellFormed()}…` : name)
}

function refuse(problem: string, cause?: unknown): AppError {
  return new AppError('invalid_path', { message: `${problem}.`, cause })
}
