import type { ProviderKeyPage } from '@keylease/shared/contracts/provider-key-bodies'
import { newId } from '@keylease/shared/ids'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createHarness, type Harness } from '../../../test/harness'
import { callKeys, storeKey } from '../../../test/provider-keys'

let harness: Harness

beforeAll(async () => {
  harness = await createHarness()
})
afterAll(() => harness.close())

const list = async (query: string) => (await callKeys<ProviderKeyPage>(harness, 'GET', `?${query}`)).body

describe('the list', () => {
  test('searches, filters and sorts, page by page, with nothing lost or twice', async () => {
    const tag = `t${Date.now()}`
    const later = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString()
    for (const [index, name] of ['delta', 'alpha', 'charlie', 'alpha', 'bravo'].entries()) {
      const environment = index % 2 === 0 ? 'production' : 'staging'
      await storeKey(harness, {
        name,
        tags: [tag],
        environment,
        purpose: `for ${name} 100%`,
        ...(index > 2 ? {} : { expiresAt: later(9 - index) }),
      })
    }
    const names = async (query: string) => (await list(`tag=${tag}&${query}`)).items.map((item) => item.name)
    expect(await names('sort=name')).toEqual(['alpha', 'alpha', 'bravo', 'charlie', 'delta'])
    expect(await names('sort=name&order=desc')).toEqual(['delta', 'charlie', 'bravo', 'alpha', 'alpha'])
    expect(await names('')).toEqual(['bravo', 'alpha', 'charlie', 'alpha', 'delta'])
    expect(await names('sort=expiresAt')).toEqual(['charlie', 'alpha', 'delta', 'bravo', 'alpha'])
    expect(await names('sort=lastUsedAt')).toHaveLength(5)
    expect(await names('search=ALPH')).toHaveLength(2)
    expect(await names('search=100%25')).toHaveLength(5)
    expect(await names('search=1_0')).toHaveLength(0)
    expect(await names('environment=staging')).toHaveLength(2)
    expect(await names('status=revoked')).toHaveLength(0)
    expect(await names('health=healthy')).toHaveLength(0)
    expect(await names('provider=openai&category=llm')).toHaveLength(5)
    for (const sort of ['createdAt', 'name', 'lastUsedAt', 'expiresAt']) {
      for (const order of ['asc', 'desc']) {
        const seen: string[] = []
        for (let cursor = ''; seen.length < 10; ) {
          const page = await list(`tag=${tag}&limit=2&sort=${sort}&order=${order}${cursor && `&cursor=${cursor}`}`)
          seen.push(...page.items.map((item) => item.id))
          expect(page.total).toBe(5)
          if (!page.nextCursor) break
          cursor = page.nextCursor
        }
        expect([sort, order, seen.length, new Set(seen).size]).toEqual([sort, order, 5, 5])
      }
    }
  })

  test('refuses a cursor that it did not give', async () => {
    const cursor = Buffer.from(newId('providerKey')).toString('base64url')
    expect((await callKeys(harness, 'GET', `?cursor=${cursor}`)).body.error?.code).toBe('invalid_cursor')
  })
})
