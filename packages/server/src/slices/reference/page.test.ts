import { endpoints } from '@keylease/shared/contracts/registry'
import { describe, expect, test } from 'vitest'
import { renderReference, renderStatus } from './page'

const options = { version: '1.2.3', url: 'http://127.0.0.1:4500', nonce: 'bm9uY2U=' }
const page = renderReference(endpoints, options)

describe('the reference page', () => {
  test('shows every operation under its own anchor', () => {
    for (const { id, path } of endpoints) {
      expect(page.split(`id="${id}"`).length, id).toBe(2)
      expect(page).toContain(path.split('{')[0])
    }
  })

  test('gives no id twice and links to none that is absent', () => {
    const ids = [...page.matchAll(/\sid="([^"]+)"/g)].map((match) => match[1])
    expect(new Set(ids).size).toBe(ids.length)
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(target)
  })

  test('asks for nothing beyond itself and needs nothing beyond its nonce', () => {
    expect(page).not.toMatch(/\s(src|srcset|action)=/)
    expect(page.match(/<link [^>]{0,40}/g)).toEqual([expect.stringMatching(/^<link rel="icon" href="data:/)])
    expect(page).not.toMatch(/@import|url\(https?:/)
    expect(page).not.toMatch(/\s(style|on\w+)="/)
    expect(page.match(/<(style|script)\b[^>]*>/g)).toEqual(['<style nonce="bm9uY2U=">', '<script nonce="bm9uY2U=">'])
  })

  test('writes text as text, whatever it holds', () => {
    const hostile = '"><script>alert(1)</script>'
    const [first] = endpoints
    if (!first) throw new Error('There is no endpoint to write about.')
    const changed = { ...first, summary: hostile, description: hostile, example: { ...first.example, query: { search: hostile } } }
    const written = renderReference([changed], { ...options, version: hostile, url: `http://127.0.0.1:4500${hostile}$(id)` })
    expect(written).not.toContain('<script>alert')
    expect(written).not.toContain('$(id)')
  })
})

describe('the status page', () => {
  test('says why the service is sealed, as text', () => {
    const status = renderStatus({ reason: 'The root key <is> missing.', nonce: options.nonce })
    expect(status).toContain('The root key &lt;is&gt; missing.')
    expect(status).toContain('KEYLEASE_ROOT_KEY_FILE')
  })
})
