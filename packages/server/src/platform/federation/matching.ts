import type { TrustVerdict } from '@keylease/shared/contracts/trust-rules'
import { matchesSubject } from './subject-pattern'

export interface MatchableRule {
  issuer: string
  subjectPattern: string
  claims: Readonly<Record<string, string | number | boolean>>
  enabled: boolean
}

/** Whether the claims of a token fit a rule. Its signature, audience and times are for whoever verifies the token. */
export function matchesTrustRule(rule: MatchableRule, claims: Readonly<Record<string, unknown>>): TrustVerdict {
  const fault = findFault(rule, claims)
  return fault === null ? { matches: true, why: 'Issuer, subject and claims fit.' } : { matches: false, why: fault }
}

function findFault(rule: MatchableRule, claims: Readonly<Record<string, unknown>>): string | null {
  if (!rule.enabled) return 'The rule is disabled. Enable it first.'
  if (readClaim(claims, 'iss') !== rule.issuer) return `The issuer is not ${rule.issuer}, to the letter.`
  const subject = readClaim(claims, 'sub')
  if (typeof subject !== 'string') return 'The claims hold no subject that is a text.'
  if (!matchesSubject(rule.subjectPattern, subject)) return `The subject does not fit ${rule.subjectPattern}.`
  const missed = Object.entries(rule.claims).find(([name, wanted]) => !holdsClaim(readClaim(claims, name), wanted))
  return missed ? `The claim ${missed[0]} does not hold what the rule asks for.` : null
}

/** What a token inherits from nobody. */
const readClaim = (claims: Readonly<Record<string, unknown>>, name: string) => (Object.hasOwn(claims, name) ? claims[name] : undefined)

const holdsClaim = (value: unknown, wanted: string | number | boolean) => (Array.isArray(value) ? value.includes(wanted) : value === wanted)
