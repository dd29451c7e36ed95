import { randomBytes } from 'node:crypto'
import type { Endpoint } from '@keylease/shared/contracts/endpoint'
import { exampleProvider } from '@keylease/shared/contracts/provider-examples'
import { exampleSecret } from '@keylease/shared/contracts/provider-key-examples'
import { type IdKind, idPrefixes, isId, newId } from '@keylease/shared/ids'
import { type ExampleKind, factories } from './factories'
import type { Harness } from './harness'

/** Real ids by the example ids that they stand for. */
export type ExampleIds = Map<string, string>

/** What an example names beside ids, and what must be another one at each call. */
const exampleWords: Record<string, ExampleKind> = { [exampleProvider.id]: 'provider', [exampleSecret]: 'secret' }

/** Every id that the example of an endpoint sends: in its path, query or body. */
function listExampleIds({ example: { params, query, body } }: Endpoint): { example: string; kind: ExampleKind }[] {
  return listIds([params, query, body])
}

export function listIds(value: unknown): { example: string; kind: ExampleKind }[] {
  const kinds = Object.keys(idPrefixes) as IdKind[]
  const words = new Set(JSON.stringify(value).match(/\b[a-z]+_[0-9a-z]{26}\b/g))
  const ids = [...words].flatMap((word) => kinds.filter((kind) => isId(kind, word)).map((kind) => ({ example: word, kind })))
  const named = Object.entries(exampleWords).filter(([word]) => JSON.stringify(value)?.includes(JSON.stringify(word)))
  return [...ids, ...named.map(([example, kind]) => ({ example, kind }))]
}

/** Well-formed, and the name of nothing. */
export const newAbsent = (kind: ExampleKind) =>
  kind === 'provider' || kind === 'secret' ? `absent-${randomBytes(12).toString('hex')}` : newId(kind)

/** Makes a real one of each. */
export async function createExampleIds(harness: Harness, endpoint: Endpoint): Promise<ExampleIds> {
  const ids: ExampleIds = new Map()
  for (const { example, kind } of listExampleIds(endpoint)) {
    const make = factories[kind]
    if (!make) throw new Error(`test/factories.ts has no line for ${kind}, which the example of ${endpoint.id} names`)
    ids.set(example, await make(harness, harness.token))
  }
  return ids
}

/** The text with every example id replaced. */
export function fillIds(text: string, ids: ExampleIds): string {
  let filled = text
  for (const [example, real] of ids) filled = filled.replaceAll(example, real)
  return filled
}
