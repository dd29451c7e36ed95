import type { Attribution } from './ledger/record'

/** Carries who a call is for through whatever is awaited. */
export interface ContextStore {
  run<T>(attribution: Attribution, work: () => T): T
  current(): Attribution | undefined
}

/** Where the runtime has no asynchronous context, what is set lasts until `work` has returned its promise. */
function createSimpleStore(): ContextStore {
  let current: Attribution | undefined
  return {
    run(attribution, work) {
      const outer = current
      current = attribution
      try {
        return work()
      } finally {
        current = outer
      }
    },
    current: () => current,
  }
}

interface AsyncLocalStorageLike {
  run<T>(value: Attribution, work: () => T): T
  getStore(): Attribution | undefined
}

/** Node, Bun, Deno and most edge runtimes have it; asked of the runtime, for an import would bind the package to one. */
export function createContextStore(): ContextStore {
  const runtime = globalThis as {
    AsyncLocalStorage?: new () => AsyncLocalStorageLike
    process?: { getBuiltinModule?(name: string): { AsyncLocalStorage?: new () => AsyncLocalStorageLike } | undefined }
  }
  const Storage = runtime.AsyncLocalStorage ?? runtime.process?.getBuiltinModule?.('node:async_hooks')?.AsyncLocalStorage
  if (!Storage) return createSimpleStore()
  const storage = new Storage()
  return { run: (attribution, work) => storage.run(attribution, work), current: () => storage.getStore() }
}
