import { appendFileSync } from 'node:fs'
import { expect } from 'vitest'

/** How much a test does: little in `npm test`, as much as the issue names in `npm run test:soak`. */
export function testSize(pr: number, soak: number): number {
  if (process.env['KEYLEASE_SOAK'] !== '1') return pr
  const record = process.env['KEYLEASE_SOAK_RECORD']
  if (record) appendFileSync(record, `${JSON.stringify({ file: expect.getState().testPath?.split(/[\\/]/).at(-1), size: soak })}\n`)
  return soak
}
