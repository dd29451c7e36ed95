/** Randomness is cheap by the page and dear by the piece, of which each leaves a native object behind. */
const page = new Uint8Array(4_096)
let used = page.length

/** What was given is given to nobody else, and kept nowhere. */
export function fillFromPage(bytes: Uint8Array<ArrayBuffer>): void {
  if (used + bytes.length > page.length) {
    crypto.getRandomValues(page)
    used = 0
  }
  const given = page.subarray(used, used + bytes.length)
  bytes.set(given)
  given.fill(0)
  used += bytes.length
}
