import type { FoundOperation } from './find-operation'
import type { Operation } from './operation'
import { noUsage } from './wires/openai-answer'
import { bareRequest } from './wires/openai-request'

const methods = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** A request that no operation lists: counted as one request, of a use and a cost that nobody knows. */
export function toUnlisted(method: string): FoundOperation {
  const known = methods.find((one) => one === method.toUpperCase()) ?? 'GET'
  return { operation: { ...unlisted, method: known }, params: {} }
}

const unlisted: Omit<Operation, 'method'> = {
  kind: 'unlisted',
  path: '/{path...}',
  request: bareRequest,
  answer: { captures: {}, usageOption: null, read: () => noUsage },
}
