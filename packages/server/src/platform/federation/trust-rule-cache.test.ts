import { newId } from '@keylease/shared/ids'
import { expect, test, vi } from 'vitest'
import { createTestClock } from '../../../test/clock'
import type { Change } from '../change-feed'
import { createTrustRuleCache } from './trust-rule-cache'
import type { StoredTrustRule } from './trust-rule-rows'

const organizationId = newId('organization')

function openRoom(load: (organizationId: string) => Promise<StoredTrustRule[] | null> = async () => []) {
  const clock = createTestClock()
  const lag = { ms: 0 }
  const handlers = new Map<string, (change: Change) => unknown>()
  const events = {
    on: (kind: string, handler: (change: Change) => unknown) => {
      handlers.set(kind, handler)
      return () => undefined
    },
    lagMs: () => lag.ms,
  }
  const loads = vi.fn(load)
  const emit = (kind: string, of = organizationId) => handlers.get(kind)?.({ id: '1', organizationId: of, kind, payload: {} })
  return { cache: createTrustRuleCache({ clock, events }, loads), clock, lag, emit, loads }
}

test('rules are read once, and again after a change of a rule, an agent or a project of that organization, or of who knows what', async () => {
  const { cache, emit, loads } = openRoom()
  const first = await cache.get(organizationId)
  emit('trust-rule.changed', newId('organization'))
  expect(await cache.get(organizationId)).toBe(first)
  for (const kind of ['trust-rule.changed', 'agent.changed', 'project.changed', 'reload']) {
    const before = await cache.get(organizationId)
    emit(kind)
    expect((await cache.get(organizationId))?.version, kind).not.toBe(before?.version)
  }
  cache.forget(organizationId)
  await cache.get(organizationId)
  expect(loads).toHaveBeenCalledTimes(6)
})

test('rules that change while they are being read are not remembered as they were', async () => {
  const reading = Promise.withResolvers<StoredTrustRule[]>()
  const { cache, emit, loads } = openRoom(() => (loads.mock.calls.length === 1 ? reading.promise : Promise.resolve([])))
  const first = cache.get(organizationId)
  emit('trust-rule.changed')
  const second = await cache.get(organizationId)
  reading.resolve([])
  await first
  expect(await cache.get(organizationId)).toBe(second)
  expect(loads).toHaveBeenCalledTimes(2)
})

test('an organization that does not exist is asked for once in ten seconds, and a flood of them pushes out no rules', async () => {
  const { cache, clock, loads } = openRoom(async (id) => (id === organizationId ? [] : null))
  await cache.get(organizationId)
  const absent = newId('organization')
  for (let i = 0; i < 10; i++) expect(await cache.get(absent)).toBeNull()
  expect(loads).toHaveBeenCalledTimes(2)
  for (let i = 0; i < 10_001; i++) await cache.get(newId('organization'))
  loads.mockClear()
  await cache.get(organizationId)
  expect(loads).not.toHaveBeenCalled()
  clock.advance(10_001)
  await cache.get(absent)
  expect(loads).toHaveBeenCalledTimes(1)
})

test('while the change feed is silent every use asks the database, and a read that fails is not remembered', async () => {
  const { cache, lag, loads } = openRoom(async () => {
    if (loads.mock.calls.length === 1) throw new Error('away')
    return []
  })
  await expect(cache.get(organizationId)).rejects.toThrow('away')
  await cache.get(organizationId)
  lag.ms = 5_001
  await cache.get(organizationId)
  await cache.get(organizationId)
  expect(loads).toHaveBeenCalledTimes(4)
})
