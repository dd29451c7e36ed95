import type { Operation, OperationKind } from '../operation'
import { bareAnswer } from './openai-answer'
import { bareRequest, readRequest, requestCaptures } from './openai-request'

/** Requests that cost nothing, as `GET /models`. What costs money that no answer tells has no place here: it is no known operation. */
export const createManagement = (...routes: `${Operation['method']} /${string}`[]): Operation[] =>
  routes.map((route) => createPlainOperation('management', route))

/** A request by which the provider bills nothing, or bills by the request alone. */
export function createPlainOperation(kind: OperationKind, route: `${Operation['method']} /${string}`): Operation {
  const [method, path] = splitRoute(route)
  return { kind, method, path, request: method === 'POST' ? namedRequest : bareRequest, answer: bareAnswer }
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

function splitRoute(route: string): [Operation['method'], string] {
  const [word, path = ''] = route.split(' ')
  const method = methods.find((one) => one === word)
  if (method === undefined) throw new TypeError(`${route} names no method`)
  return [method, path]
}

const namedRequest: Operation['request'] = {
  captures: requestCaptures,
  read: (captured, facts) => readRequest(captured, facts, { maxOutputTokens: 0, maxInputTokens: 0 }),
}
