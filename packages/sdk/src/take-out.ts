/**
 * Takes one out of what is open; false where it was not in it. For what comes and goes with each call: a Set makes a new table whenever
 * it empties, and a table that grew old keeps all that came after it until the whole heap is collected.
 */
export function takeOut<T>(open: T[], one: T): boolean {
  const at = open.indexOf(one)
  if (at < 0) return false
  if (at === open.length - 1) open.pop()
  else open.splice(at, 1)
  return true
}
