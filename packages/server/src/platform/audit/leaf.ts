import { hash } from 'node:crypto'
import { canonicalJson } from './canonical'
import { hashLeaf } from './merkle'

/** An audit entry as its digest sees it: every column, what is personal only as commitments. */
export interface EntryFacts {
  organizationId: string
  id: string
  occurredAt: string
  actorKind: string
  actorId: string
  actorName: string
  action: string
  resourceKind: string
  resourceId: string
  requestId: string
  before: unknown
  after: unknown
  addressCommitment: string
  userAgentCommitment: string
}

/** What a leaf binds. With the time inside, retention can drop an entry and its leaf still tells how old it was. */
export interface Leaf {
  entryId: string
  occurredAt: string
  digest: string
}

const entryFields = [
  'organizationId',
  'id',
  'occurredAt',
  'actorKind',
  'actorId',
  'actorName',
  'action',
  'resourceKind',
  'resourceId',
  'requestId',
  'before',
  'after',
  'addressCommitment',
  'userAgentCommitment',
] as const satisfies readonly (keyof EntryFacts)[]

/** As hexadecimal text. */
export function digestEntry(entry: EntryFacts): string {
  const facts = Object.fromEntries(entryFields.map((field) => [field, entry[field]]))
  return hash('sha256', canonicalJson(facts), 'hex')
}

export function toLeaf(entry: EntryFacts): Leaf {
  return { entryId: entry.id, occurredAt: entry.occurredAt, digest: digestEntry(entry) }
}

/** The tenant is in every leaf: a leaf of one organization is none of another's. */
export function hashOf(organizationId: string, { entryId, occurredAt, digest }: Leaf): Buffer {
  return hashLeaf(Buffer.from(canonicalJson([organizationId, entryId, occurredAt, digest])))
}
