import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import SonicBoom from 'sonic-boom'

const defaults = { rotateAtBytes: 32 * 1024 * 1024, keep: 5 }

/** Written to before the call returns, so that the last lines before a crash are there; the oldest of the kept files goes at each rotation. */
export function openLogFile(file: string, options: Partial<typeof defaults> = {}): SonicBoom {
  const { rotateAtBytes, keep } = { ...defaults, ...options }
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  let size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const destination = new SonicBoom({ dest: file, sync: true, append: true, mode: 0o600, maxLength: 8 * 1024 * 1024 })
  // A full disk loses log lines, never requests.
  destination.on('error', () => undefined)
  destination.on('write', (bytes: number) => {
    size += bytes
    if (size < rotateAtBytes) return
    size = 0
    setImmediate(() => {
      shiftFiles(file, keep)
      destination.reopen()
    })
  })
  return destination
}

function shiftFiles(file: string, keep: number): void {
  const names = [file, ...Array.from({ length: keep - 1 }, (_, index) => `${file}.${index + 1}`)]
  for (let index = names.length - 2; index >= 0; index--) {
    const [from, to] = [names[index], names[index + 1]]
    if (from && to && existsSync(from)) renameSync(from, to)
  }
}
