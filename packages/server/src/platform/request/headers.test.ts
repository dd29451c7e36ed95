import { expect, test } from 'vitest'
import { securityHeaders } from './headers'

const nonce = 'bm9uY2Utbm9uY2Utbm9uY2U='

test('an answer of the API can load, frame, sniff and cache nothing', () => {
  expect(securityHeaders('api', { https: false })).toEqual({
    'Content-Security-Policy': "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
    'Cache-Control': 'no-store',
  })
})

test('a page runs scripts by nonce or from this origin, never inline or by eval', () => {
  const byNonce = securityHeaders('page', { https: false, nonce })['Content-Security-Policy'] ?? ''
  const bySelf = securityHeaders('page', { https: false })['Content-Security-Policy'] ?? ''
  expect(byNonce).toContain(`script-src 'nonce-${nonce}'; style-src 'nonce-${nonce}';`)
  expect(bySelf).toContain("script-src 'self'; style-src 'self';")
  for (const policy of [byNonce, bySelf]) {
    expect(policy).toContain("default-src 'none'")
    expect(policy).toContain("frame-ancestors 'none'")
    expect(policy).not.toMatch(/unsafe-|\*|http:/)
  }
})

test('HSTS is sent over https alone', () => {
  expect(securityHeaders('page', { https: true })['Strict-Transport-Security']).toBe('max-age=31536000')
  expect(securityHeaders('api', { https: true })['Strict-Transport-Security']).toBe('max-age=31536000')
  expect(securityHeaders('page', { https: false })).not.toHaveProperty('Strict-Transport-Security')
})

test.each(['', 'short', "x'; script-src *; '", `${nonce}\r\nX-Injected: 1`, `${nonce} 'unsafe-inline'`, `${nonce}\n`])(
  'a nonce cannot widen the policy or break the header: %j',
  (hostile) => {
    expect(() => securityHeaders('page', { https: false, nonce: hostile })).toThrow(TypeError)
  },
)
