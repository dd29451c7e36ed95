/** Work that nobody waits for. */
export interface Chore {
  /** Throws nothing: whoever is served meanwhile has nothing to do with it. */
  run(): void
}

/** In the order in which they are done. */
export const chores: Chore[] = []

/** Everything that was postponed, at once: for whoever asks for what comes of it, and for the end of the process. */
export function catchUp(): void {
  for (let chore = chores.shift(); chore; chore = chores.shift()) chore.run()
}
