import type { OpenStream } from './connection'

/** Where Node's http is at hand, its stream is used; elsewhere revocations are heard at the next renewal. */
export const openStream: OpenStream = (url, headers, on) => {
  let stream: { close(): void } | null = null
  let isClosed = false
  const isNode = (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined
  if (!isNode) return { close: () => undefined }
  import('../node/event-stream')
    .then(({ openNodeStream }) => {
      if (isClosed) on.end()
      else stream = openNodeStream(url, headers, on)
    })
    .catch(() => on.end())
  return {
    close() {
      isClosed = true
      stream?.close()
    },
  }
}
