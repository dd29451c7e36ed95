/** Which names are a model, as data; letters count alike in either case, but for `regex`. */
export type ModelMatch =
  | { equals: string }
  | { startsWith: string }
  | { endsWith: string }
  | { contains: string }
  | { regex: string }
  | { or: readonly ModelMatch[] }
  | { and: readonly ModelMatch[] }

/** A test of names that are in lower case already. */
export function compileMatch(match: ModelMatch): (name: string) => boolean {
  if ('or' in match) {
    const tests = match.or.map(compileMatch)
    return (name) => tests.some((test) => test(name))
  }
  if ('and' in match) {
    const tests = match.and.map(compileMatch)
    return (name) => tests.every((test) => test(name))
  }
  if ('regex' in match) {
    const pattern = new RegExp(match.regex)
    return (name) => pattern.test(name)
  }
  return compileText(match)
}

function compileText(match: Exclude<ModelMatch, { or: unknown } | { and: unknown } | { regex: unknown }>): (name: string) => boolean {
  if ('equals' in match) {
    const text = match.equals.toLowerCase()
    return (name) => name === text
  }
  if ('startsWith' in match) {
    const text = match.startsWith.toLowerCase()
    return (name) => name.startsWith(text)
  }
  if ('endsWith' in match) {
    const text = match.endsWith.toLowerCase()
    return (name) => name.endsWith(text)
  }
  const text = match.contains.toLowerCase()
  return (name) => name.includes(text)
}
