import { createHash } from 'node:crypto'
import type { UsageReport } from '../../usage/service'
import type { Attributes, LogSignal } from '../otlp/signal'

/** A record that names its request is that request, however often it is sent; another is what it says, with its time. */
export function toRecordIdentity({ scope, name, timeMs, attributes }: LogSignal): Extract<UsageReport['identity'], { kind: 'record' }> {
  const requestId = attributes['request_id']
  const hash = createHash('sha256').update(JSON.stringify([scope.name, name]))
  if (typeof requestId === 'string' && requestId !== '') hash.update(JSON.stringify({ requestId }))
  else hash.update(JSON.stringify([timeMs, toSorted(attributes)]))
  return { kind: 'record', digest: hash.digest('hex') }
}

const toSorted = (attributes: Attributes) => Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))
