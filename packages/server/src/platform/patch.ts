type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> }

/** The fields that a change names: what was not sent is not touched. */
export function presentFields<T extends object>(change: T): Present<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Present<T> // the filter is the guarantee
}
