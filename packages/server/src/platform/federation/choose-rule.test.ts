import { expect, test } from 'vitest'
import { chooseRule } from './choose-rule'

const rule = (id: string, agentId: string, subjectPattern: string, claims = {}) => ({
  id,
  agentId,
  issuer: 'https://idp.example.com',
  subjectPattern,
  claims,
  enabled: true,
})
const claims = { iss: 'https://idp.example.com', sub: 'job:build:main', team: 'core' }
const choose = (...rules: ReturnType<typeof rule>[]) => {
  const chosen = chooseRule(rules, claims)
  return typeof chosen === 'string' ? chosen : chosen.id
}

test('no rule that fits lets nobody in', () => {
  expect(choose()).toBe('no_rule_fits')
  expect(choose(rule('1', 'a', 'job:test:*'), rule('2', 'a', 'job:**', { team: 'web' }))).toBe('no_rule_fits')
})

test('a rule that writes the whole subject out goes before those with stars, whoever came first', () => {
  expect(choose(rule('1', 'a', 'job:**'), rule('2', 'b', 'job:build:main'))).toBe('2')
  expect(choose(rule('2', 'b', 'job:build:main'), rule('1', 'a', 'job:**'))).toBe('2')
})

test('rules of one agent stand for each other: the oldest is named', () => {
  expect(choose(rule('2', 'a', 'job:build:*'), rule('1', 'a', 'job:**'))).toBe('1')
})

test('rules of different agents that fit alike let nobody in', () => {
  expect(choose(rule('1', 'a', 'job:**'), rule('2', 'b', 'job:build:*'))).toBe('ambiguous_rules')
  expect(choose(rule('1', 'a', 'job:build:main'), rule('2', 'b', 'job:build:main', { team: 'core' }))).toBe('ambiguous_rules')
})
