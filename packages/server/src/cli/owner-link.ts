import { createOwnerPath } from '../slices/people/service'
import { workBeside } from './beside'

/** A new link that makes an Owner; the one before it is good no more. */
export function printOwnerLink(): Promise<number> {
  return workBeside(async ({ deps, url, steps }) => {
    steps.say(`Open this link within 24 hours to become an Owner; it is good once:\n\n  ${url}${await createOwnerPath(deps)}\n`)
  })
}
