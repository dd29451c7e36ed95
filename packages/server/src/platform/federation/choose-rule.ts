import { type MatchableRule, matchesTrustRule } from './matching'

/**
 * The rule by which a token acts. One that writes the whole subject out goes before those with stars; beyond that nothing is
 * guessed: rules of different agents that fit alike refuse the token. Of one agent's rules the oldest stands for all.
 */
export function chooseRule<Rule extends MatchableRule & { id: string; agentId: string }>(
  rules: readonly Rule[],
  claims: Readonly<Record<string, unknown>>,
): Rule | 'no_rule_fits' | 'ambiguous_rules' {
  const fitting = rules.filter((rule) => matchesTrustRule(rule, claims).matches)
  const exact = fitting.filter((rule) => !rule.subjectPattern.includes('*'))
  const [first, ...others] = (exact.length > 0 ? exact : fitting).toSorted((a, b) => (a.id < b.id ? -1 : 1))
  if (!first) return 'no_rule_fits'
  return others.every((rule) => rule.agentId === first.agentId) ? first : 'ambiguous_rules'
}
