import { loadSdk } from '../support/built-sdk'

/** Says what loading the package costs a process that has loaded nothing else. */
const [url = ''] = process.argv.slice(2)
globalThis.gc?.()
const rssBefore = process.memoryUsage().rss
const startedAt = performance.now()
await loadSdk(url)
const importMs = performance.now() - startedAt
process.send?.({ importMs, rssBytes: process.memoryUsage().rss - rssBefore })
process.disconnect()
