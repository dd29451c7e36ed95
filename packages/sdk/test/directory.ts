import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** Of this test alone, and gone after it. */
export function makeDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'keylease-sdk-'))
  onTestFinished(() => rmSync(path, { recursive: true, force: true }))
  return path
}
