import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { matchesTrustRule } from './matching'
import { findBreadth, matchesSubject } from './subject-pattern'

const main = 'repo:acme/checkout:ref:refs/heads/main'

describe('a subject', () => {
  it.each<[string, string, boolean]>([
    [main, main, true],
    [main, `${main}2`, false],
    [main, `x${main}`, false],
    [main, main.toUpperCase(), false],
    [main, '', false],
    [main, `${main}\n`, false],
    [main, `${main}\0`, false],
    [main, `${main} `, false],
    ['repo:acme/checkout:ref:refs/heads/*', main, true],
    ['repo:acme/checkout:ref:refs/heads/*', 'repo:acme/checkout:ref:refs/heads/a/b', true],
    ['repo:acme/checkout:ref:refs/heads/*', 'repo:acme/checkout:ref:refs/heads/', true],
    ['repo:acme/checkout:ref:refs/heads/*', 'repo:acme/checkout:ref:refs/heads/a:environment:prod', false],
    ['repo:acme/checkout:*', 'repo:acme/checkout:pull_request', true],
    ['repo:acme/checkout:*', main, false],
    ['repo:acme/checkout:**', main, true],
    ['repo:acme/checkout:**', 'repo:acme/checkout-evil:ref:refs/heads/main', false],
    ['repo:acme/checkout:**', 'repo:acme/checkout', false],
    ['repo:acme/checkout:*', 'repo:acme/checkout-evil:x', false],
    ['repo:acme/checkout:environment:prod', 'repo:acme/checkout:environment:production', false],
    ['repo:acme/checkout:environment:prod*', 'repo:acme/checkout:environment:production', true],
    ['repo:acme/*:ref:refs/heads/main', 'repo:acme/x:y:ref:refs/heads/main', false],
    ['repo:acme/*:ref:refs/heads/main', main, true],
    ['system:serviceaccount:*:deployer', 'system:serviceaccount:prod:deployer', true],
    ['system:serviceaccount:*:deployer', 'system:serviceaccount:prod:x:deployer', false],
    ['system:serviceaccount:*:deployer', 'system:serviceaccount::deployer', true],
    ['system:serviceaccount:**:deployer', 'system:serviceaccount:prod:x:deployer', true],
    ['system:serviceaccount:prod:*', 'system:serviceaccount:prod:', true],
    ['system:serviceaccount:prod:*', 'system:serviceaccount:prod', false],
    ['a.c', 'abc', false],
    ['[abc]', 'a', false],
    ['(a|b)', 'a', false],
    ['a+', 'aa', false],
    ['abc$', 'abc', false],
    ['abc***', 'abc:def', true],
    ['abc*def', 'abcdef', true],
    ['abc*def', 'abcxdefdef', true],
    ['abc*def', 'abcxdefde', false],
    ['abc**def', 'abc:x:defdef', true],
    ['abc', 'ａｂｃ', false],
    ['abc', 'abс', false],
    ['abc**', `abc${'x'.repeat(2_000)}`, false],
  ])('%j against %j: %s', (pattern, subject, expected) => {
    expect(matchesSubject(pattern, subject)).toBe(expected)
  })

  it('fits a pattern that is its own text, and with a star exactly what lies between colons', () => {
    const part = fc.stringMatching(/^[a-z/]{1,8}$/)
    fc.assert(
      fc.property(part, part, part, fc.string(), (a, b, c, middle) => {
        const subject = `${a}:${b}:${c}`
        expect(matchesSubject(subject, subject)).toBe(true)
        expect(matchesSubject(`${a}:*:${c}`, `${a}:${middle}:${c}`)).toBe(!middle.includes(':'))
        expect(matchesSubject(`${a}:**:${c}`, `${a}:${middle}:${c}`)).toBe(true)
      }),
    )
  })

  it('is compared in steps bounded by the two lengths, however hostile', () => {
    const pattern = `${'a*'.repeat(127)}b`
    const started = performance.now()
    expect(matchesSubject(pattern, 'a'.repeat(1_024))).toBe(false)
    expect(performance.now() - started).toBeLessThan(5_000)
  })
})

describe('a pattern that nearly anybody fits is found', () => {
  const github = 'https://token.actions.githubusercontent.com'
  const other = 'https://oidc.example.com'
  it.each<[string, string, boolean]>([
    [other, '*', true],
    [other, '**', true],
    [other, '*:*', true],
    [other, '**:/:**', true],
    [other, 'a*', true],
    [other, 'user-7', false],
    [other, 'system:serviceaccount:prod:deployer', false],
    [other, 'repo:acme/*:ref:refs/heads/main', true],
    [github, 'repo:acme/*:**', true],
    [github, 'repo:*/checkout:**', true],
    [github, 'repo:acme/check*:ref:refs/heads/main', true],
    [github, 'repo:**', true],
    [github, 'repo:acme/checkout', true],
    [github, 'repo:acme/checkout:', true],
    [github, 'repo:acme:ref:refs/heads/main', true],
    [github, '*:acme/checkout:ref:refs/heads/main', true],
    [github, 'repository_owner:acme', true],
    ['https://github.example.com/_services/token', 'environment:prod', true],
    [github, main, false],
    ['https://accounts.google.com', '10412345*', true],
    ['https://accounts.google.com', '104123456789012345678', false],
    ['https://gitlab.com', 'project_path:acme/*:ref_type:branch:ref:main', true],
    ['https://gitlab.com', 'project_path:acme/**', true],
    ['https://gitlab.com', 'project_path:acme/web/checkout:ref_type:branch:ref:*', false],
    [github, 'repo:acme/checkout:*', false],
    [github, 'repo:acme@1/checkout@2:environment:prod', false],
  ])('%s %s: %s', (issuer, pattern, expected) => {
    expect(findBreadth(issuer, pattern) !== null).toBe(expected)
  })
})

describe('a rule', () => {
  const rule = {
    issuer: 'https://idp.example.com',
    subjectPattern: 'job:*',
    claims: { team: 'core', level: 3, trusted: true },
    enabled: true,
  }
  const claims = { iss: rule.issuer, sub: 'job:build', team: 'core', level: 3, trusted: true, extra: 'x' }

  it.each<[string, Partial<typeof rule>, Record<string, unknown>, boolean]>([
    ['that fits', {}, {}, true],
    ['that is disabled', { enabled: false }, {}, false],
    ['of another issuer', {}, { iss: 'https://idp.example.com/' }, false],
    ['of no issuer', {}, { iss: undefined }, false],
    ['of a subject that is no text', {}, { sub: ['job:build'] }, false],
    ['of a subject that is a number', { subjectPattern: '123' }, { sub: 123 }, false],
    ['of no subject', {}, { sub: undefined }, false],
    ['of another value', {}, { team: 'Core' }, false],
    ['of a missing claim', {}, { team: undefined }, false],
    ['of a value of another type', {}, { level: '3' }, false],
    ['of a truthy value', {}, { trusted: 1 }, false],
    ['of a list that holds the value', {}, { team: ['web', 'core'] }, true],
    ['of a list that does not', {}, { team: ['core2'] }, false],
    ['of an object', {}, { team: { core: 'core' } }, false],
  ])('%s', (_, change, changed, expected) => {
    const verdict = matchesTrustRule({ ...rule, ...change }, { ...claims, ...changed })
    expect(verdict.matches).toBe(expected)
    expect(verdict.why).toMatch(/^[A-Z].*\.$/)
  })

  it('hears nothing that a token inherits', () => {
    expect(matchesTrustRule(rule, Object.create(claims) as Record<string, unknown>).matches).toBe(false)
    const hostile = JSON.parse(`{"__proto__": ${JSON.stringify(claims)}}`) as Record<string, unknown>
    expect(matchesTrustRule(rule, hostile).matches).toBe(false)
  })
})

test('adding a claim to a rule never lets more in', () => {
  const values = fc.constantFrom('a', 'b', 1, true)
  const names = fc.constantFrom('x', 'y', 'toString')
  fc.assert(
    fc.property(fc.dictionary(names, values), names, values, fc.dictionary(names, values), (wanted, name, value, held) => {
      const rule = { issuer: 'i', subjectPattern: 'abc', claims: wanted, enabled: true }
      const token = { iss: 'i', sub: 'abc', ...held }
      fc.pre(!Object.hasOwn(wanted, name))
      const stricter = matchesTrustRule({ ...rule, claims: { ...wanted, [name]: value } }, token).matches
      expect(stricter && !matchesTrustRule(rule, token).matches).toBe(false)
    }),
  )
})
