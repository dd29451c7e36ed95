export interface Steps {
  /** Does the work, then prints what was done and how long it took. Starts nothing once a stop is asked for. */
  run<T>(name: string, work: () => Promise<T>): Promise<T>
  say(line: string): void
  emphasize(text: string): string
}

/** The steps of a start, one line each; coloured only where somebody looks. */
function createSteps(options: { write: (text: string) => void; isColoured: boolean; signal?: AbortSignal }): Steps {
  const paint = (code: number, text: string) => (options.isColoured ? `\u001b[${code}m${text}\u001b[0m` : text)
  const say = (line: string) => options.write(`${line}\n`)
  return {
    say,
    emphasize: (text) => paint(1, text),
    async run(name, work) {
      options.signal?.throwIfAborted()
      const started = performance.now()
      const result = await work()
      say(`${paint(32, '✓')} ${name}  ${paint(2, `(${((performance.now() - started) / 1000).toFixed(1)} s)`)}`)
      return result
    },
  }
}

export function createTerminalSteps(signal?: AbortSignal): Steps {
  const isColoured = process.stdout.isTTY === true && process.stdout.hasColors()
  return createSteps({ write: (text) => void process.stdout.write(text), isColoured, ...(signal ? { signal } : {}) })
}
