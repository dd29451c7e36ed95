import { expect, test } from 'vitest'
import manifest from '../../package.json' with { type: 'json' }
import { scope } from './scope'

test('what reports says its own name and version', () => {
  expect(scope).toEqual({ name: manifest.name, version: manifest.version })
})
