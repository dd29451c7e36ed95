import type { DestinationStream } from 'pino'

/** Whatever waits when the process ends is written before it does. */
const waiting = new Set<() => void>()
process.on('exit', () => {
  for (const write of waiting) write()
})

/** Lines of one turn of the loop leave in one write: a write for each of them is waited for by whoever comes next. */
export function gatherLines(to: DestinationStream): DestinationStream & { flushSync(): void } {
  let lines = ''
  const write = () => {
    waiting.delete(write)
    const text = lines
    lines = ''
    if (text !== '') to.write(text)
  }
  return {
    write(line) {
      lines += line
      if (waiting.has(write)) return
      waiting.add(write)
      setImmediate(write)
    },
    flushSync: write,
  }
}
