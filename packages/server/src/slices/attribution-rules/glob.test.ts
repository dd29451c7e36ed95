import fc from 'fast-check'
import { expect, test } from 'vitest'
import { matchesGlob } from './glob'

test('a pattern fits whole values alone, and * anything in it', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*'), maxLength: 12 })
  fc.assert(
    fc.property(text, fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 12 }), (pattern, value) => {
      const parts = pattern.split('*').map((part) => part.replaceAll('.', '\\.'))
      expect(matchesGlob(pattern, value)).toBe(new RegExp(`^${parts.join('.*')}$`).test(value))
    }),
    { numRuns: 2_000 },
  )
})

test('no pattern takes long', () => {
  const before = process.cpuUsage()
  for (let i = 0; i < 1_000; i++) matchesGlob('*a'.repeat(99), `${'a'.repeat(198)}b`)
  expect(process.cpuUsage(before).user / 1_000).toBeLessThan(1_000)
})
