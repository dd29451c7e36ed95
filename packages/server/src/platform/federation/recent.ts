/** A map with a bound: what was used longest ago goes first. */
export interface Recent<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  clear(): void
}

export function createRecent<Value>(maximum: number): Recent<Value> {
  const entries = new Map<string, Value>()
  // Set again, so that the first entry is always the one used longest ago.
  const put = (key: string, value: Value) => {
    entries.delete(key)
    entries.set(key, value)
  }
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined) put(key, value)
      return value
    },
    set(key, value) {
      put(key, value)
      for (const oldest of entries.keys()) {
        if (entries.size <= maximum) break
        entries.delete(oldest)
      }
    },
    delete: (key) => void entries.delete(key),
    clear: () => entries.clear(),
  }
}
