import * as account from '@keylease/shared/contracts/account'
import * as factor from '@keylease/shared/contracts/factors'
import * as owner from '@keylease/shared/contracts/owner'
import * as step from '@keylease/shared/contracts/step-up'
import type { Deps } from '../../deps'
import { handle, handleRaw, nonceOf, type Route } from '../../platform/http'
import { disableTotp, enableTotp, generateBackupCodes, verifyBackupCode, verifyTotp } from './factors'
import { createOwner } from './owner'
import { renderInvite, renderReset, renderWelcome } from './page'
import { createPasskeyChallenge, createPasskeyOptions, deletePasskey, listPasskeys, registerPasskey, signInWithPasskey } from './passkeys'
import { changePassword, requestPasswordReset, resetPassword } from './password'
import { getCurrentSession, signIn, signOut } from './sign-in'
import { stepUp } from './step-up'

export const peopleRoutes = (deps: Deps): Route[] => [...accountRoutes(deps), ...factorRoutes(deps), ...pageRoutes()]

const accountRoutes = (deps: Deps): Route[] => [
  handle(account.signIn, ({ exchange, body }) => signIn(deps, exchange, body)),
  handle(account.signOut, ({ exchange, actor }) => signOut(deps, exchange, actor)),
  handle(account.getCurrentSession, ({ actor }) => getCurrentSession(deps, actor)),
  handle(account.changePassword, ({ exchange, actor, body }) => changePassword(deps, exchange, actor, body)),
  handle(account.requestPasswordReset, ({ exchange, body }) => requestPasswordReset(deps, exchange, body)),
  handle(account.resetPassword, ({ exchange, body }) => resetPassword(deps, exchange, body)),
  handle(owner.createOwner, ({ exchange, body }) => createOwner(deps, exchange, body)),
  handle(step.stepUp, ({ exchange, actor, body }) => stepUp(deps, exchange, actor, body)),
]

const factorRoutes = (deps: Deps): Route[] => [
  handle(factor.enableTotp, ({ exchange, actor, body }) => enableTotp(deps, exchange, actor, body)),
  handle(factor.verifyTotp, ({ exchange, body }) => verifyTotp(deps, exchange, body)),
  handle(factor.verifyBackupCode, ({ exchange, body }) => verifyBackupCode(deps, exchange, body)),
  handle(factor.disableTotp, ({ exchange, actor, body }) => disableTotp(deps, exchange, actor, body)),
  handle(factor.generateBackupCodes, ({ exchange, actor, body }) => generateBackupCodes(deps, exchange, actor, body)),
  handle(factor.createPasskeyOptions, ({ exchange }) => createPasskeyOptions(deps, exchange)),
  handle(factor.registerPasskey, ({ exchange, actor, body }) => registerPasskey(deps, exchange, actor, body)),
  handle(factor.createPasskeyChallenge, ({ exchange }) => createPasskeyChallenge(deps, exchange)),
  handle(factor.signInWithPasskey, ({ exchange, body }) => signInWithPasskey(deps, exchange, body)),
  handle(factor.listPasskeys, ({ actor }) => listPasskeys(deps, actor)),
  handle(factor.deletePasskey, ({ actor, body }) => deletePasskey(deps, actor, body)),
]

const pageRoutes = (): Route[] => [
  handleRaw(owner.getWelcome, (c) => c.html(renderWelcome(nonceOf(c)))),
  handleRaw(owner.getInvite, (c) => c.html(renderInvite(nonceOf(c)))),
  handleRaw(owner.getReset, (c) => c.html(renderReset(nonceOf(c)))),
]
