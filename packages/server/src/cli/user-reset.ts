import { toCanonicalEmail } from '@keylease/shared/contracts/values'
import { StartError } from '../env'
import { resetPerson } from '../slices/people/service'
import { workBeside } from './beside'

/** For a person who cannot sign in: ends their sessions and lock-outs, and prints a link for a new password. */
export function resetUser(email: string): Promise<number> {
  return workBeside(async ({ deps, url, steps }) => {
    const path = await resetPerson(deps, toCanonicalEmail(email))
    if (path === null) throw new StartError(`No member has the e-mail address ${email}; check its spelling, or invite them.`)
    steps.say(
      `Sessions and lock-outs are gone. Open this link within 24 hours to choose a new password; it is good once:\n\n  ${url}${path}\n`,
    )
  })
}
