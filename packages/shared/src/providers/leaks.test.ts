import { expect, test } from 'vitest'
import { hideKeys } from './leaks'

const rest = 'Zk3vQ8mT1xLp0RbYw7NcJ5sHd2GfUaE9'

test('a key of a known provider, and one of ours, is cut to its beginning wherever it stands in a text', () => {
  for (const prefix of ['sk-proj-', 'sk-ant-api03-', 'sk-', 'kl_live_']) {
    expect(hideKeys(`refused ${prefix}${rest}; ask "${prefix}${rest}" again`)).toBe(`refused ${prefix}…; ask "${prefix}…" again`)
  }
})

test('ordinary text stays as it is', () => {
  for (const text of ['a task-list of 12', 'sk-short', 'https://example.com/desk-1234567890123456', 'org_01jd2f8m3n6q9rkvwxyz012345'])
    expect(hideKeys(text)).toBe(text)
})

test('of a pair of AWS the secret goes too, and so does a key that goes on after a slash', () => {
  const secret = 'q8Zk3vQmT1xLp0RbYw7NcJ5sHd2GfUaE9/IqXtVr'
  expect(hideKeys(`refused AKIAQ3EGTKZ7M2L5WXYZ:${secret}, ask again`)).toBe('refused AKIA…, ask again')
  expect(hideKeys(`refused ASIAQ3EGTKZ7M2L5WXYZ:${secret}:FwoGZXIvYXdzEJr//////wEaDP== now`)).toBe('refused ASIA… now')
  expect(hideKeys('ABSKQmVkcm9ja0FQSUtleS1/aGVsbG8gd29ybGQ+aGVsbG8=')).toBe('ABSK…')
})
