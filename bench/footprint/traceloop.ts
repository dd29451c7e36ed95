import * as traceloop from '../../tests/contract/node_modules/@traceloop/node-server-sdk/dist/index.js'
import type OpenAI from '../../tests/contract/node_modules/openai/index.mjs'

/** As its own documentation sets it up; it patches the class, so it has a process of its own. */
export function initialise(baseUrl: string, openAI: typeof OpenAI): () => Promise<void> {
  traceloop.initialize({
    appName: 'bench',
    baseUrl,
    apiKey: 'bench',
    silenceInitializationMessage: true,
    traceloopSyncEnabled: false,
    instrumentModules: { openAI },
  })
  return () => traceloop.forceFlush()
}
