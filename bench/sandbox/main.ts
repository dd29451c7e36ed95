import { createSandbox } from './sandbox'

const port = Number(process.env['SANDBOX_PORT'] ?? 0)
const { origin, close } = await createSandbox({ port, firstTokenMs: 120, betweenTokensMs: 5 })
console.log(`Sandbox ${origin}`)

/** Also when whoever started it is gone. */
const stop = () => {
  void close()
  if (process.connected) process.disconnect()
}
for (const signal of ['SIGINT', 'SIGTERM', 'disconnect'] as const) process.once(signal, stop)
