/// <reference types="node" />
import { Console } from 'node:console'
import { Writable } from 'node:stream'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Secret } from './secret'

const value = 'sk-live-3f9a1c77e2'
const secret = new Secret(value)

test('a secret is revealed only by reveal', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(new Secret(text).reveal()).toBe(text)
    }),
  )
})

test.each([
  ['String', () => String(secret)],
  ['a template', () => `${secret}`],
  ['concatenation', () => `Bearer ${[secret].join()}`],
  ['JSON', () => JSON.stringify({ token: secret })],
  ['util.inspect', () => inspect({ token: secret }, { showHidden: true, depth: null })],
  ['util.inspect without custom printers', () => inspect(secret, { customInspect: false, showHidden: true })],
  ['util.format', () => ['%s', '%j', '%o', '%O', '%d'].map((kind) => format(kind, secret)).join(' ')],
  ['the console', () => printToConsole()],
  ['an error message and its stack', () => inspect(new Error(`refused ${secret}`, { cause: secret }))],
  ['its keys, entries and a spread', () => JSON.stringify([Reflect.ownKeys(secret), Object.entries(secret), { ...secret }])],
  ['a structured clone', () => inspect(structuredClone(secret), { showHidden: true })],
  ['its locale text and primitive', () => [secret.toLocaleString(), secret.valueOf()].map((one) => `${one}`).join()],
])('%s never shows the secret', (_, print) => {
  expect(print()).not.toContain(value)
})

test('what is printed instead says that something is hidden', () => {
  expect([`${secret}`, JSON.stringify(secret), inspect(secret)]).toEqual(['[redacted]', '"[redacted]"', '[redacted]'])
})

function printToConsole(): string {
  let printed = ''
  const stream = new Writable({
    write(chunk, _, done) {
      printed += String(chunk)
      done()
    },
  })
  const target = new Console(stream)
  target.log(secret, [secret], new Map([[secret, secret]]))
  target.table([{ secret }])
  target.dir(secret, { showHidden: true })
  return printed
}
