import { toCanonicalEmail } from '@keylease/shared/contracts/values'
import { StartError } from '../env'
import { type PersonReset, resetPerson } from '../slices/people/service'
import { workBeside } from './beside'

/** For a person who cannot sign in: ends their sessions and lock-outs, and prints a link for a new password. */
export function resetUser(email: string, removesFactors: boolean): Promise<number> {
  return workBeside(async ({ deps, url, steps }) => {
    const reset = await resetPerson(deps, toCanonicalEmail(email), { removesFactors })
    if (reset === null) throw new StartError(`No member has the e-mail address ${email}; check its spelling, or invite them.`)
    if (reset.removed) steps.say(describeRemoved(reset.removed))
    steps.say(
      `Sessions and lock-outs are gone. Open this link within 24 hours to choose a new password; it is good once:\n\n  ${url}${reset.path}\n`,
    )
  })
}

function describeRemoved({ authenticatorApp, passkeys }: NonNullable<PersonReset['removed']>): string {
  const removed = [
    ...(authenticatorApp ? ['the authenticator app with its backup codes'] : []),
    ...(passkeys > 0 ? [`${passkeys} ${passkeys === 1 ? 'passkey' : 'passkeys'}`] : []),
  ]
  if (removed.length === 0) return 'There was no second factor to remove.'
  return `Removed: ${removed.join(' and ')}. The password alone signs in until a new factor is set up.`
}
