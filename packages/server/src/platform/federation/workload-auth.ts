import { hash } from 'node:crypto'
import { permissionsOfScopes } from '@keylease/shared/contracts/permissions'
import type { Authenticator, Principal, RefusedCredential } from '../auth'
import type { Clock } from '../clock'
import type { Audiences } from './audience'
import { chooseRule } from './choose-rule'
import type { IssuerKeys } from './issuer-keys'
import { readLifetime } from './lifetime'
import { createRecent } from './recent'
import { hasTokenShape, readToken } from './token'
import type { TrustRuleCache, TrustRuleSet } from './trust-rule-cache'
import type { StoredTrustRule } from './trust-rule-rows'

interface Room {
  audiences: Audiences
  rules: TrustRuleCache
  issuers: IssuerKeys
  clock: Clock
}

/** A token that was verified, and what it acts as under one set of rules. */
interface Verified {
  principal: Principal & { expiresAt: Date }
  rulesVersion: number
  /** Then its signature is looked at again: a key that its issuer took back does not open until the token ends. */
  verifyAtMs: number
}

const maximumVerified = 10_000
const verifiedMs = 10 * 60_000
const longestName = 255
const permissions = permissionsOfScopes(['lease'])

/**
 * The identity token of a workload. Its audience names the organization, whose rules name the issuers; nobody else's rules are
 * looked at and no other issuer is asked. A token may be shown again until it ends: workloads reuse theirs.
 */
export function createWorkloadAuthenticator({ audiences, rules, issuers, clock }: Room): Authenticator {
  const verified = createRecent<Verified>(maximumVerified)

  const recall = async (digest: string): Promise<Principal | null> => {
    const known = verified.get(digest)
    if (!known || known.principal.expiresAt <= clock.now() || known.verifyAtMs <= clock.monotonicMs()) return null
    const set = await rules.get(known.principal.organizationId)
    return set?.version === known.rulesVersion ? known.principal : null
  }

  const check = async (text: string, digest: string): Promise<Principal | RefusedCredential> => {
    const token = readToken(text)
    if (typeof token === 'string') return { refused: token }
    const { claims, algorithm } = token
    const organizationId = audiences.findOrganization(Object.hasOwn(claims, 'aud') ? claims['aud'] : null)
    const set = organizationId === null ? null : await rules.get(organizationId)
    if (organizationId === null || !set) return { refused: 'wrong_audience' }
    const trusted = listTrusted(set, claims)
    const issuer = trusted[0]?.issuer
    if (issuer === undefined) return { refused: 'untrusted_issuer', organizationId }
    const detail = { issuer }
    const end = readLifetime(claims, clock.now())
    if (!(end instanceof Date)) return { refused: end, organizationId, detail }
    const fault = await issuers.findSignatureFault(issuer, text, algorithm)
    if (fault !== null) return { refused: fault, organizationId, detail }
    const rule = chooseRule(trusted, claims)
    if (typeof rule === 'string') return { refused: rule, organizationId, detail: { ...detail, subject: showSubject(claims) } }
    const principal = toPrincipal(rule, claims, end)
    if (!rule.isAgentLive) return { refused: 'agent_stopped', principal, detail: { ...detail, subject: showSubject(claims) } }
    verified.set(digest, { principal, rulesVersion: set.version, verifyAtMs: clock.monotonicMs() + verifiedMs })
    return principal
  }

  return {
    async authenticate({ bearer }) {
      const text = bearer?.reveal()
      if (text === undefined || !hasTokenShape(text)) return null
      const digest = hash('sha256', text, 'base64')
      return (await recall(digest)) ?? check(text, digest)
    },
  }
}

/** The rules that name the token's issuer, to the letter. */
function listTrusted({ rules }: TrustRuleSet, claims: Readonly<Record<string, unknown>>): StoredTrustRule[] {
  const issuer = Object.hasOwn(claims, 'iss') ? claims['iss'] : null
  return rules.filter((rule) => rule.issuer === issuer)
}

function toPrincipal(rule: StoredTrustRule, claims: Readonly<Record<string, unknown>>, expiresAt: Date): Verified['principal'] {
  const subject = showSubject(claims)
  return {
    kind: 'workload',
    id: rule.id,
    name: `${rule.name} (${subject})`.slice(0, longestName),
    organizationId: rule.organizationId,
    permissions,
    reach: 'organization',
    agentId: rule.agentId,
    expiresAt,
    subject,
  }
}

/** Fit to be kept and shown: its issuer signed it, and still it is somebody's text. */
function showSubject(claims: Readonly<Record<string, unknown>>): string {
  const subject = Object.hasOwn(claims, 'sub') ? claims['sub'] : null
  return typeof subject === 'string' ? subject.replace(/[^\x20-\x7e]/g, '?').slice(0, longestName) : ''
}
