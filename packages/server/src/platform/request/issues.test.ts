import { expect, test } from 'vitest'
import { z } from 'zod'
import { explainIssues } from './issues'

const Body = z.strictObject({
  name: z.string().min(1).max(3),
  kind: z.enum(['red', 'green']).optional(),
  count: z.coerce.number().int().max(9).optional(),
  list: z.array(z.string()).max(1).optional(),
})

test.each([
  [{}, 'name is required'],
  [{ name: 5 }, 'name must be text'],
  [{ name: null }, 'name must be text'],
  [{ name: '' }, 'name must have at least 1 character'],
  [{ name: 'long' }, 'name must have at most 3 characters'],
  [{ name: 'a', kind: 'blue' }, 'kind must be one of red, green'],
  [{ name: 'a', count: 'x' }, 'count must be a number'],
  [{ name: 'a', count: 1.5 }, 'count must be a whole number'],
  [{ name: 'a', count: 10 }, 'count must be at most 9'],
  [{ name: 'a', list: ['a', 'b'] }, 'list must hold at most 1 item'],
  [[], 'the body must be an object'],
  [{ name: 'a', nmae: 'b' }, 'the body has fields that this route does not know: nmae'],
  [{ name: 'a', 'sk-live-0123': 'b' }, 'the body has a field that this route does not know'],
])('%j is answered: %s', (body, sentence) => {
  expect(refusalOf(body)).toBe(`The request is not valid: ${sentence}.`)
})

function refusalOf(body: unknown): string | undefined {
  const parsed = Body.safeParse(body)
  return parsed.error && explainIssues(parsed.error, 'body').message
}
